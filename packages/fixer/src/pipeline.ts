// The order of the stages: which one moves a job out of which state. The only file that knows them all.
import type { WorkingState } from '@levautofix/contract/job-state';
import { Fault } from '@levautofix/service-kit/fault';
import { admitJob, type AdmissionLimits } from './admit/admit-job.js';
import { followAnswer } from './admit/brake-storm.js';
import { gatherFacts } from './admit/gather-facts.js';
import { requestApproval, type RequestApprovalOptions } from './approve/request-approval.js';
import type { BudgetLimits } from './budget/grant-attempt.js';
import { meterAgent } from './budget/meter-agent.js';
import { prepareCheckout } from './checkout/prepare-checkout.js';
import type { Attempt, Rung } from './domain/attempt.js';
import type { Incident } from './domain/incident.js';
import type { Job } from './domain/job.js';
import { resolveFailingRelease } from './domain/resolve-release.js';
import type { Service } from './domain/service.js';
import { isExhausted, nextAttempt } from './job/attempt-policy.js';
import type { Transition } from './job/transition.js';
import type { CodeHost } from './ports/code-host.js';
import type { CodingAgent } from './ports/coding-agent.js';
import type { Repository } from './ports/repository.js';
import type { SecretScanner } from './ports/secret-scanner.js';
import type { Store } from './ports/store.js';
import type { Workspace } from './ports/workspace.js';
import { publishFix } from './publish/publish-fix.js';
import type { Step, StepContext } from './queue/run-step.js';
import { runAttempt } from './repair/run-attempt.js';
import { barRung, usableLadder, type BarredRungs } from './repair/usable-ladder.js';
import { modulesEnclosure, placeModules } from './verify/installed-modules.js';
import { prepareBase, type PreparedBase } from './verify/prepare-base.js';
import { summariseFailure } from './verify/summarise-failure.js';
import { verifyCandidate } from './verify/verify-candidate.js';
import type { VerifyDeps } from './verify/verify-deps.js';

export interface PipelineDeps {
  services: readonly Service[];
  store: Store;
  repository: Repository;
  secretScanner: SecretScanner;
  agents: ReadonlyMap<Rung, CodingAgent>;
  ladder: readonly Rung[];
  approveBefore: 'pull-request' | 'repair' | 'both';
  approval: Omit<RequestApprovalOptions, 'incidents'>;
  codeHostOf: (service: Service) => Promise<CodeHost>;
  /** Scratch space of a job; removed with it. */
  folderOf: (job: Job) => string;
  verify: Omit<VerifyDeps, 'repository' | 'onProgress'>;
  /** For laying dependencies into a worktree, which lies outside the scratch space. */
  workspaceAt: (folder: string) => Workspace;
  budget: BudgetLimits;
  /** Null starts every job at once. */
  admission: AdmissionLimits | null;
  attemptTimeoutMs: number;
  /** 128 random bits in hexadecimal. */
  makeNonce: () => string;
  secrets: readonly string[];
  onProgress: (job: Job, line: string) => void;
}

type Deps = PipelineDeps & { barred: BarredRungs };

export function createSteps(parts: PipelineDeps): Record<WorkingState, Step> {
  const deps: Deps = { ...parts, barred: new Map() };
  return {
    queued: (job, context) => admit(job, context, deps),
    awaiting_start: (job, context) => ask(job, context, deps),
    preparing: (job, context) => prepare(job, context, deps),
    repairing: (job, context) => repair(job, context, deps),
    verifying: (job, context) => verify(job, context, deps),
    awaiting_approval: (job, context) => ask(job, context, deps),
    publishing: (job) => publish(job, deps),
  };
}

async function admit(job: Job, { now }: StepContext, deps: Deps): Promise<Transition> {
  const service = serviceOf(job, deps);
  if (!deps.admission) return { event: 'started', patch: { admittedAt: now() } };
  const incident = await incidentOf(job, deps);
  const { store, repository, admission } = deps;
  const facts = await gatherFacts(
    { job, incident, service, maxOpenPullRequests: admission.openPullRequests },
    { store, repository, codeHost: await deps.codeHostOf(service) },
  );
  return admitJob({ ...facts, isAskedFirst: deps.approveBefore !== 'pull-request' }, admission, now());
}

async function ask(job: Job, context: StepContext, deps: Deps): Promise<Transition> {
  if (job.state === 'awaiting_approval' && deps.approveBefore === 'repair') {
    return { event: 'approved', note: 'Approved before the repair.' };
  }
  if (job.state === 'awaiting_start' && job.askedWith !== null && job.askedWith !== job.id) {
    const followed = followAnswer(await deps.store.jobs.get(job.askedWith), context.now());
    if (followed) return followed;
  }
  return requestApproval(job, context, { ...deps.approval, incidents: deps.store.incidents });
}

async function prepare(job: Job, { signal }: StepContext, deps: Deps): Promise<Transition> {
  const service = serviceOf(job, deps);
  deps.onProgress(job, 'making a worktree');
  const { worktree, warning } = await prepareCheckout(deps.repository, service, job);
  const { baseCommit } = worktree;
  const { baseline } = await baseOf({ ...job, baseCommit }, service, deps, signal);
  return { event: 'worktree_ready', patch: { baseCommit, baseline, reason: null }, note: warning };
}

async function repair(job: Job, context: StepContext, deps: Deps): Promise<Transition> {
  const service = serviceOf(job, deps);
  const ladder = await usableLadder(deps.ladder, deps.agents, deps.barred, context.now());
  const next = nextAttempt(job, ladder.rungs);
  if (!next) return exhausted(job.attempts);
  const agent = deps.agents.get(next.rung);
  if (!agent) throw new Error(`no agent for rung ${next.rung}`);
  // A session goes on where it stopped; everything else starts from the clean base. A crash in the middle leaves no trace in either.
  const filesFrom = next.sessionId === null ? null : (job.attempts.at(-1)?.commit ?? null);
  const worktree = await deps.repository.prepareWorktree(service.repoPath, job.branch, baseCommitOf(job), {
    filesFrom,
  });
  const { modules } = await baseOf(job, service, deps, context.signal);
  const { sandbox } = deps.verify;
  await placeModules({ sandbox, workspace: deps.workspaceAt(worktree.path) }, modules, worktree.path);
  deps.onProgress(job, `attempt ${next.number} by ${next.rung}`);
  const result = await runAttempt(
    {
      job,
      incident: await incidentOf(job, deps),
      service,
      worktree,
      next,
      nonce: deps.makeNonce(),
      secrets: deps.secrets,
      modules: modulesEnclosure(modules, worktree.path),
      // The meter sets the spending limit, right before the agent starts.
      limits: { timeoutMs: deps.attemptTimeoutMs, maxUsd: null },
    },
    {
      agent: meterAgent(agent, job.fence, { limits: deps.budget, ledger: deps.store.ledger }, context.now),
      repository: deps.repository,
      secretScanner: deps.secretScanner,
      memory: deps.store,
      now: context.now,
      onProgress: (line) => deps.onProgress(job, line),
    },
    context.signal,
  ).catch((error: unknown) => {
    throw barRung(deps.barred, next.rung, error, context.now());
  });
  const attempts = [...job.attempts, result.attempt];
  const note = [ladder.note, result.attempt.reason].filter(Boolean).join(' ') || null;
  switch (result.event) {
    case 'change_proposed':
      return {
        event: 'change_proposed',
        patch: { candidate: result.candidate, flags: result.flags, attempts, reason: null },
        note: [ladder.note, result.candidate.proposal.summary].filter(Boolean).join(' ') || null,
      };
    case 'declined':
      return {
        event: 'declined',
        patch: { attempts, result: 'declined', reason: result.attempt.reason, flags: [] },
        note,
      };
    case 'attempt_failed':
      if (isExhausted(job, result.attempt, ladder.rungs)) return exhausted(attempts);
      return { event: 'attempt_failed', patch: { attempts, flags: [], reason: result.attempt.reason }, note };
  }
}

async function verify(job: Job, { signal, now }: StepContext, deps: Deps): Promise<Transition> {
  const service = serviceOf(job, deps);
  const { candidate } = job;
  const last = job.attempts.at(-1);
  if (!candidate || !last) throw new Error('a job that is verifying has a candidate and an attempt');
  const base = await baseOf(job, service, deps, signal);
  deps.onProgress(job, `verifying ${candidate.commit.slice(0, 7)}`);
  const incident = await incidentOf(job, deps);
  const verdict = await verifyCandidate(
    verifyDeps(job, deps),
    {
      service,
      base,
      commit: candidate.commit,
      changed: candidate.change.files,
      regressionTest: candidate.proposal.regressionTest,
      error: incident.error,
      failingCommit: await resolveFailingRelease(incident, (name) =>
        deps.repository.resolveCommit(service.repoPath, name),
      ),
      folder: deps.folderOf(job),
    },
    signal,
  );
  const judged: Attempt = {
    ...last,
    outcome: verdict.isPassed ? 'passed' : 'failed',
    reason: verdict.isPassed
      ? verdict.reason
      : `${verdict.reason}\n${summariseFailure(verdict.checks, verdict.newlyFailed)}`.trim(),
    checks: verdict.checks,
  };
  const attempts = [...job.attempts.slice(0, -1), judged];
  if (!verdict.isPassed) {
    const { rungs } = await usableLadder(deps.ladder, deps.agents, deps.barred, now());
    if (isExhausted({ ...job, attempts: attempts.slice(0, -1) }, judged, rungs)) return exhausted(attempts);
    return {
      event: 'attempt_failed',
      patch: { attempts, candidate: null, flags: [], reason: verdict.reason },
      note: verdict.reason,
    };
  }
  await deps.repository.moveBranch(service.repoPath, job.branch, candidate.commit);
  return {
    event: 'verification_passed',
    patch: {
      attempts,
      candidate: null,
      commit: candidate.commit,
      diffHash: candidate.diffHash,
      change: candidate.change,
      proposal: candidate.proposal,
      result: verdict.result,
      reason: verdict.reason,
    },
    note: verdict.reason,
  };
}

async function publish(job: Job, deps: Deps): Promise<Transition> {
  const service = serviceOf(job, deps);
  const codeHost = await deps.codeHostOf(service);
  const { jobs } = deps.store;
  const { items: published } = await jobs.list({ state: 'published', limit: 200 });
  const others = [
    ...(await jobs.listByFingerprint(job.service, job.fingerprint)).filter(({ id }) => id !== job.id),
    ...published.filter((other) => other.service === job.service),
  ];
  const result = await publishFix(
    {
      ...{ job, incident: await incidentOf(job, deps), service, others },
      ...{ secrets: deps.secrets, sandbox: deps.verify.sandbox.kind },
    },
    { repository: deps.repository, codeHost },
  );
  const { pullRequest } = result;
  if (result.kind === 'superseded') {
    return { event: 'superseded', patch: { pullRequest, reason: result.reason }, note: result.reason };
  }
  return { event: 'pull_request_opened', patch: { pullRequest, reason: null }, note: result.pullRequest.url };
}

function exhausted(attempts: Attempt[]): Transition {
  const list = attempts.map(({ number, rung, outcome, reason }) => {
    const [why = ''] = (reason ?? '').split('\n');
    return `${number}. ${rung}: ${outcome}${why ? ` (${why})` : ''}`;
  });
  const reason = `All ${attempts.length} attempts failed. A person is needed. ${list.join(' ')}`;
  return { event: 'attempts_exhausted', patch: { attempts, candidate: null, flags: [], reason }, note: reason };
}

/** Found again when it was made before; made anew on another machine or after the scratch space was lost. */
function baseOf(job: Job, service: Service, deps: Deps, signal: AbortSignal): Promise<PreparedBase> {
  const request = { service, baseCommit: baseCommitOf(job), folder: deps.folderOf(job) };
  return prepareBase(verifyDeps(job, deps), request, signal);
}

function verifyDeps(job: Job, deps: Deps): VerifyDeps {
  return { ...deps.verify, repository: deps.repository, onProgress: (line) => deps.onProgress(job, line) };
}

function baseCommitOf({ baseCommit }: Job): string {
  if (baseCommit === null) throw new Error('a job past preparing has a base commit');
  return baseCommit;
}

function serviceOf(job: Job, { services }: Deps): Service {
  const service = services.find(({ name }) => name === job.service);
  if (service) return service;
  throw new Fault({
    code: 'service_unknown',
    message: `The service "${job.service}" is no longer configured.`,
    remedy: 'Add it to levautofix.config.yaml or set SERVICE_NAME, then start a new job.',
  });
}

async function incidentOf(job: Job, { store }: Deps): Promise<Incident> {
  const incident = await store.incidents.get(job.incidentId);
  if (incident) return incident;
  throw new Fault({
    code: 'incident_missing',
    message: `The incident ${job.incidentId} of this job is gone.`,
    remedy: 'Restore the database or cancel the job.',
  });
}
