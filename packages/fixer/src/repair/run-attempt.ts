// One attempt: prompt, agent, candidate commit, facts about it, diff policy. The fixer commits, never the agent.
import type { Flag } from '@levautofix/contract/job-view';
import { Fault } from '@levautofix/service-kit/fault';
import type { Attempt, Rung } from '../domain/attempt.js';
import { fixSubject } from '../domain/fix-subject.js';
import type { Incident } from '../domain/incident.js';
import type { Candidate, Job } from '../domain/job.js';
import type { Service } from '../domain/service.js';
import { clip } from '../domain/plain-text.js';
import type { AgentUsage, CodingAgent, RepairOutcome, RepairRequest } from '../ports/coding-agent.js';
import type { SecretScanner } from '../ports/secret-scanner.js';
import type { Repository, Worktree } from '../ports/repository.js';
import { buildPrompt } from './build-prompt.js';
import { cleanProposal, cleanText } from './clean-proposal.js';
import { gatherContext, type ContextRepository } from './gather-context.js';
import { inspectDiff, type Inspection } from './inspect-diff.js';
import { loadTypeScript } from './parse-source.js';
import { readOutcome } from './read-outcome.js';
import type { FixMemory } from './recall-fixes.js';

export interface AttemptInput {
  job: Pick<Job, 'id' | 'attempts' | 'feedback' | 'predecessor'>;
  incident: Incident;
  service: Pick<Service, 'repoPath' | 'protectedPaths'>;
  worktree: Worktree;
  next: { number: number; rung: Rung; sessionId: string | null };
  /** 128 random bits in hexadecimal, new for each attempt. */
  nonce: string;
  /** Values that must never be in a prompt. */
  secrets: readonly string[];
  limits: { timeoutMs: number; maxUsd: number | null };
  modules?: NonNullable<RepairRequest['modules']>;
}

export interface AttemptPorts {
  agent: CodingAgent;
  repository: Repository;
  secretScanner: SecretScanner;
  /** Where fixes that were accepted are remembered. */
  memory?: FixMemory;
  now: () => number;
  onProgress?: (line: string) => void;
  onUsage?: (usage: AgentUsage) => void;
}

/** `attempt.outcome` is `failed` for a proposed change until its verification says otherwise. */
export type AttemptResult =
  | { event: 'change_proposed'; attempt: Attempt; candidate: Candidate; flags: Flag[] }
  | { event: 'attempt_failed' | 'declined'; attempt: Attempt; candidate: null; flags: Flag[] };

/**
 * Expects the worktree clean at its base commit, unless a session is continued: then as the attempt before left it. Rejects with a
 * retryable Fault for what is no fault of the attempt, and with the signal's reason when cancelled.
 */
export async function runAttempt(
  input: AttemptInput,
  ports: AttemptPorts,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const startedAt = ports.now();
  // The policy's tools are large: they load while the agent thinks, so that nobody waits for them afterwards.
  void Promise.allSettled([loadTypeScript(), ports.secretScanner.scan('warm-up.txt', '')]);
  const said = await ports.agent.repair(
    {
      jobId: input.job.id,
      attempt: input.next.number,
      prompt: await promptOf(input, ports),
      worktreePath: input.worktree.path,
      sessionId: input.next.sessionId,
      ...input.limits,
      ...(input.modules ? { modules: input.modules } : {}),
      ...(ports.onProgress ? { onProgress: ports.onProgress } : {}),
      ...(ports.onUsage ? { onUsage: ports.onUsage } : {}),
    },
    signal,
  );
  signal.throwIfAborted();
  ports.onProgress?.('the agent has ended');
  const committed = await commit(said, input, ports.repository);
  const candidate = typeof committed === 'string' ? null : committed;
  const { refusals, flags } = candidate ? await inspect(candidate, input, ports) : nothing;
  signal.throwIfAborted();

  const { outcome, reason } =
    typeof committed === 'string' && said.kind === 'done'
      ? { outcome: 'refused' as const, reason: committed }
      : readOutcome(said, candidate, refusals);
  const attempt: Attempt = {
    number: input.next.number,
    rung: input.next.rung,
    outcome: outcome ?? 'failed',
    reason: outcome === null ? 'The change was proposed and not verified yet.' : cleanText(reason ?? '', input.secrets),
    usd: said.usage.usd,
    tokens: said.usage.tokens,
    durationMs: ports.now() - startedAt,
    sessionId: said.sessionId,
    checks: [],
    commit: candidate?.commit ?? null,
    diff: candidate ? clip(candidate.change.diff, maxDiff) : null,
    rootCause: candidate?.proposal.rootCause || null,
  };
  if (candidate && outcome === null) return { event: 'change_proposed', attempt, candidate, flags };
  return { event: outcome === 'declined' ? 'declined' : 'attempt_failed', attempt, candidate: null, flags: refusals };
}

const maxDiff = 40_000;
const nothing: Inspection = { refusals: [], flags: [] };

export type PromptRequest = Pick<
  AttemptInput,
  'job' | 'incident' | 'service' | 'worktree' | 'next' | 'nonce' | 'secrets'
>;

/** What the prompt of this attempt is; also for a person who wants to read it. */
export async function promptOf(
  { job, incident, service, worktree, next, nonce, secrets }: PromptRequest,
  ports: { repository: ContextRepository; memory?: FixMemory },
): Promise<string> {
  const place = { repoPath: service.repoPath, baseCommit: worktree.baseCommit };
  const context = await gatherContext(incident, place, {
    repository: ports.repository,
    memory: ports.memory ?? null,
  });
  return buildPrompt({
    nonce,
    incident,
    ...context,
    attempts: job.attempts,
    isContinued: next.sessionId !== null,
    feedback: job.feedback,
    predecessor: job.predecessor,
    protectedPaths: service.protectedPaths,
    secrets,
  });
}

/**
 * Also what a timed-out or failed agent left is recorded, so that the next attempt is shown it; only a whole answer is proposed.
 * A text says why the worktree holds what no commit may: a fault of this attempt, not of the machinery.
 */
async function commit(
  said: RepairOutcome,
  input: AttemptInput,
  repository: Repository,
): Promise<Candidate | string | null> {
  if (said.kind === 'declined') return null;
  const { worktree, service, incident } = input;
  const message = fixSubject('fix:', incident.error, { secrets: input.secrets, limit: 72 });
  const made = await repository.commitCandidate(worktree, service.repoPath, message).catch((error: unknown) => {
    if (error instanceof Fault && error.code === 'change_refused') return error.message;
    throw error;
  });
  if (made === null || typeof made === 'string') return made;
  const { change, diffHash } = await repository.describeChange(service.repoPath, worktree.baseCommit, made.commit);
  const account = said.kind === 'done' ? said.proposal : { rootCause: '', summary: '', risk: '', regressionTest: null };
  const proposal = cleanProposal(account, worktree.path, input.secrets);
  return { commit: made.commit, diffHash, change, proposal };
}

function inspect(
  candidate: Candidate,
  input: AttemptInput,
  { repository, secretScanner }: AttemptPorts,
): Promise<Inspection> {
  const { repoPath, protectedPaths } = input.service;
  const commits = { base: input.worktree.baseCommit, fix: candidate.commit };
  return inspectDiff({
    change: candidate.change,
    readFile: (side, path) => repository.readFile(repoPath, commits[side], path),
    protectedPaths,
    secrets: secretScanner,
  });
}
