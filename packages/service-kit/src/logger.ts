// The services' own log: pino JSON lines with static messages, secrets taken out of every string and error.
import { redactSecrets } from '@levautofix/contract/redact';
import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger };

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  name: string;
  level: LogLevel;
  /** Exact secret values of this process that must never appear in a line. */
  secrets?: readonly string[];
  /** Default: standard error, because standard output belongs to machine-readable results. */
  destination?: DestinationStream;
}

export function createLogger({ name, level, secrets = [], destination }: LoggerOptions): Logger {
  const sink = destination ?? pino.destination({ fd: 2, sync: true });
  return pino(
    { name, level, timestamp: pino.stdTimeFunctions.isoTime },
    // Redaction works on the finished line: what an error carries in its cause or response cannot slip past a list of paths.
    { write: (line: string) => void sink.write(redactSecrets(line, secrets)) },
  );
}

export const silentLogger: Logger = pino({ level: 'silent' });
