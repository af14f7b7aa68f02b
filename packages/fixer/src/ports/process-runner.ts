// Runs one program with a deadline and bounded output, and leaves nothing of it behind.

export interface ProcessSpec {
  /** Absolute path or a name to be found on `env.PATH`. */
  command: string;
  args: string[];
  cwd: string;
  /** The whole environment of the child; nothing is inherited. */
  env: Record<string, string>;
  input?: string;
  /** Contents that the program reads to their end from file descriptors 3, 4, … in this order. */
  extraInputs?: Uint8Array[];
  timeoutMs: number;
  /** Bytes kept per stream, from its end; the rest is counted and dropped. Default 1 MiB. */
  maxOutputBytes?: number;
  /** Called for each whole line of standard output as it arrives. */
  onLine?: (line: string) => void;
}

export interface ProcessOutcome {
  /** Null when ended by a signal. */
  exitCode: number | null;
  signal: string | null;
  isTimeout: boolean;
  isCancelled: boolean;
  /** Set when it was ended because it had left too little room on the disk of its working folder. */
  isDiskFull?: boolean;
  /** Set when the program could not be started. */
  spawnError: string | null;
  stdout: string;
  stderr: string;
  /** Both streams in order of arrival. */
  output: string;
  droppedBytes: number;
  durationMs: number;
}

export interface ProcessRunner {
  /** Never rejects for what the program does. Ends the whole process group at the deadline or when `signal` fires. */
  run(spec: ProcessSpec, signal?: AbortSignal): Promise<ProcessOutcome>;
}
