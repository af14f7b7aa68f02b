// Finds where in the source a frame of generated code is.
import type { StackFrame } from '../domain/stack-frame.js';

export interface FrameResolver {
  /** Null where nothing is known of the generated file. */
  resolve(frame: StackFrame): StackFrame | null;
  /** Another number each time that earlier answers may be wrong, such as after a deploy. */
  generation(): number;
}
