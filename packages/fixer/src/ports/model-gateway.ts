// The one way out of the sandbox for an agent: requests to its model, to which the key is added on the outside.

/** Counted while it streams, cumulative for one request; the last one of a request replaces the earlier ones. */
export interface ModelUsage {
  /** 1-based number of the request within this gateway. */
  request: number;
  /** Model as the answer names it, else as the request did; null when neither says. */
  model: string | null;
  /** Input tokens that were neither read from nor written to a cache. */
  inputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  /** True when the answer was cut off or named no usage, and the figures are reckoned from sizes. */
  isEstimated: boolean;
  /** True for the last word on this request. */
  isFinal: boolean;
}

export interface OpenGateway {
  /** Unix socket for the sandbox's `network`. */
  readonly socketPath: string;
  /** Ends all connections and removes the socket. */
  close(): Promise<void>;
}

export interface ModelGateway {
  open(options: {
    socketPath: string;
    onUsage?: (usage: ModelUsage) => void;
    /** Asked before each request: null lets it pass, words refuse it (a spent budget, say). */
    refuse?: () => string | null;
  }): Promise<OpenGateway>;
}
