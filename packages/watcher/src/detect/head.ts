// What the first line of a log record or of an error says.

export interface Head {
  /**
   * `error`: an error event begins here. `weak`: only if frames follow. `record`: a record of its own that is no error.
   * `text`: a line without any structure.
   */
  kind: 'error' | 'weak' | 'record' | 'text';
  /** Class of the error; empty where the line names none. */
  type: string;
  message: string;
  /** Lower case; null where the line states none. */
  level: string | null;
  /** The time as written; null where the line states none. */
  time: string | number | null;
  /** True where the line is a whole record (JSON, web server): no trace follows it. */
  isWhole: boolean;
  /** True where the error itself begins here, without the time and level of a logger before it. */
  isBare: boolean;
  /** How lines after this one are joined, where the line itself tells. */
  joining: Joining;
  /** True where the line says no more than that there is an error: what it is stands on the next one. */
  isSaidBelow: boolean;
  /** Name in the table of formats, for `explain`. */
  format: string;
  stack: readonly string[] | null;
  request: { method: string; path: string } | null;
  traceId: string | null;
  /** False where a line that differs in its numbers alone may say something else: what it says was compared with itself. */
  isRepeatable: boolean;
}

/** Languages whose traces need more than the look of a single line; and a record that is printed over several. */
export type Joining = 'frames' | 'python' | 'go' | 'rust' | 'printed';

export function makeHead(kind: Head['kind'], format: string, rest: Partial<Head> = {}): Head {
  // Field by field, as everywhere on this path: what spreading makes outlives several collections.
  return {
    kind,
    type: rest.type ?? '',
    message: rest.message ?? '',
    level: rest.level ?? null,
    time: rest.time ?? null,
    isWhole: rest.isWhole ?? false,
    isBare: rest.isBare ?? false,
    joining: rest.joining ?? 'frames',
    isSaidBelow: rest.isSaidBelow ?? false,
    format,
    stack: rest.stack ?? null,
    request: rest.request ?? null,
    traceId: rest.traceId ?? null,
    isRepeatable: rest.isRepeatable ?? true,
  };
}
