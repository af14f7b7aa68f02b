// A coding agent: a program or model that edits a worktree to fix one error.
import type { Proposal } from '../domain/change.js';
import type { Rung } from '../domain/attempt.js';
import type { Enclosure } from './sandbox.js';

export interface RepairRequest {
  jobId: string;
  attempt: number;
  prompt: string;
  /** Folder to edit. */
  worktreePath: string;
  /** How the installed dependencies appear in it, read-only, for whoever runs the agent in a sandbox. */
  modules?: Pick<Enclosure, 'mounts' | 'scratch'>;
  /** Session to continue, for an agent that can. */
  sessionId: string | null;
  timeoutMs: number;
  /** Spending limit of this attempt in US dollars; null for none. */
  maxUsd: number | null;
  /** Streamed usage, so that a killed run still costs what it cost. */
  onUsage?: (usage: AgentUsage) => void;
  /** One short line of progress for a person. */
  onProgress?: (line: string) => void;
}

/** Cumulative for the run. `usd` is null when the agent does not say. */
export interface AgentUsage {
  usd: number | null;
  tokens: number;
}

/** `done` says only that the agent ended well: whether it changed anything is read off the worktree. */
export type RepairOutcome =
  | { kind: 'done'; proposal: Proposal; sessionId: string | null; usage: AgentUsage }
  | { kind: 'declined'; reason: string; sessionId: string | null; usage: AgentUsage }
  | { kind: 'timeout'; sessionId: string | null; usage: AgentUsage }
  | { kind: 'failed'; reason: string; sessionId: string | null; usage: AgentUsage };

export interface CodingAgent {
  readonly rung: Rung;
  /** Null when ready; else why this rung cannot be used here, for a person. */
  checkAvailable(): Promise<string | null>;
  /**
   * Rejects with a retryable Fault for what is no fault of the attempt: rate limit, usage limit, overload, no network.
   */
  repair(request: RepairRequest, signal: AbortSignal): Promise<RepairOutcome>;
}
