// The one way out of the sandbox for an agent: requests to its model, to which the key is added on the outside.
import type { AgentUsage, RepairRequest } from './coding-agent.js';

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

/** A run of an agent: it is told what its requests use, and knows what they come to. */
export interface MeteredRun {
  readRequest(seen: ModelUsage): void;
  readonly usage: AgentUsage;
}

export interface ModelGateway {
  /** For one run, whose requests are refused once it has cost `maxUsd`. */
  open(run: MeteredRun, limits: Pick<RepairRequest, 'maxUsd' | 'onUsage'>): Promise<OpenGateway>;
}
