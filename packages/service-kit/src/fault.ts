// A fault is an error with a stable code and a remedy: what went wrong, and what to do next.

export interface FaultOptions {
  /** Stable identifier in snake case, such as `repository_missing`. */
  code: string;
  message: string;
  /** What the reader should do next, as one sentence. */
  remedy: string;
  /** True when trying the same again later may work. Default false. */
  isRetryable?: boolean;
  /** Earliest moment of the next try in milliseconds since the epoch, where the other side said so. */
  retryAt?: number;
  cause?: unknown;
}

export class Fault extends Error {
  readonly code: string;
  readonly remedy: string;
  readonly isRetryable: boolean;
  readonly retryAt: number | undefined;

  constructor(options: FaultOptions) {
    super(options.message, { cause: options.cause });
    this.name = 'Fault';
    this.code = options.code;
    this.remedy = options.remedy;
    this.isRetryable = options.isRetryable ?? false;
    this.retryAt = options.retryAt;
  }
}

/** One line for a terminal or log: message, then remedy where there is one. */
export function describeError(error: unknown): string {
  if (error instanceof Fault) return `${error.message} ${error.remedy}`;
  return error instanceof Error ? error.message : String(error);
}
