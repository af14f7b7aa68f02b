// One line of a stack: where in the program it is.

export interface StackFrame {
  /** Name of the function, or empty. */
  name: string;
  /** Path as written; empty where the line names no file. */
  file: string;
  /** 1-based; 0 where the line does not say. */
  line: number;
  column: number;
}
