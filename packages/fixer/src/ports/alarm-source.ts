// Where it is told that something fails which is no error in a log: probes of a service, such as its health address.

/** One probe that keeps failing in one build. Times are milliseconds since the Unix epoch. */
export interface Alarm {
  /** Stable identity of the probe. */
  probe: string;
  /** In words, for a person. */
  text: string;
  environment: string;
  /** Null when whoever probes was not told. */
  release: string | null;
  /** How often it failed in this build. */
  failures: number;
  firstFailedAt: number;
  lastFailedAt: number;
}

export interface AlarmSource {
  /** Alarms of one service that failed at or after a moment. */
  list(service: string, since: number): Promise<Alarm[]>;
}
