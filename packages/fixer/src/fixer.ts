// The fixer as a whole: its parts joined by events, started in order, and what is due when a job ends or the process comes back.
import { isTerminal } from '@levautofix/contract/job-state';
import type { Clock } from '@levautofix/service-kit/clock';
import { describeError } from '@levautofix/service-kit/fault';
import { createHttpServer } from '@levautofix/service-kit/http-server';
import { Lifecycle } from '@levautofix/service-kit/lifecycle';
import type { Logger } from '@levautofix/service-kit/logger';
import { wakeFollowers } from './admit/wake-followers.js';
import { concludeApproval, outcomeOf, type ConcludeOptions } from './approve/conclude-approval.js';
import { Decider } from './approve/decider.js';
import { sweepCheckouts } from './checkout/sweep-checkouts.js';
import type { Rung } from './domain/attempt.js';
import type { HistoryEntry, Job } from './domain/job.js';
import { presentIncident, presentJob } from './domain/job-presenter.js';
import type { Service } from './domain/service.js';
import { createEnding } from './ending.js';
import { followOnce } from './follow/follow-once.js';
import { createReportedAlarms } from './follow/reported-alarms.js';
import { Follower } from './follow/run-follower.js';
import { createApp } from './http/app.js';
import { EventStream } from './http/event-stream.js';
import { formatMetrics, type FixerCounters } from './http/metrics.js';
import { askAboutServices } from './ingest/ask-about-services.js';
import { ingestReports, openMissingJobs, type IngestDeps } from './ingest/ingest-report.js';
import { ReportPuller } from './ingest/pull-reports.js';
import { createSteps, type PipelineDeps } from './pipeline.js';
import type { ApprovalChannel } from './ports/approval-channel.js';
import type { CodeHost } from './ports/code-host.js';
import type { CodingAgent } from './ports/coding-agent.js';
import type { ProcessRunner } from './ports/process-runner.js';
import type { ReportSource } from './ports/report-source.js';
import type { Repository } from './ports/repository.js';
import type { Sandbox } from './ports/sandbox.js';
import type { SecretScanner } from './ports/secret-scanner.js';
import type { Store } from './ports/store.js';
import type { Workspace } from './ports/workspace.js';
import { Worker } from './queue/run-worker.js';

export interface FixerListeners {
  /** `note` is the line of the timeline. */
  onTransition?: (job: Job, note: string | null) => void;
  onProgress?: (job: Job, line: string) => void;
}

export interface FixerParts {
  config: {
    services: readonly Service[];
    ladder: readonly Rung[];
    approveBefore: PipelineDeps['approveBefore'];
    approvalTimeoutMs: number;
    attemptTimeoutMs: number;
    budget: PipelineDeps['budget'];
    admission: PipelineDeps['admission'];
    http: { host: string; port: number; allowedHosts: readonly string[] };
    relaySecret: string;
    dashboard: { token: string; isNew: boolean };
    secrets: readonly string[];
    leaseMs: number;
    /** Time between two looks at what became of published fixes. */
    followEveryMs: number;
    /** Types of errors whose fixes may be merged without a look. */
    autoMerge: readonly string[];
    workFolder: string;
    workerId: string;
  };
  store: Store;
  repository: Repository;
  sandbox: Sandbox;
  processes: ProcessRunner;
  secretScanner: SecretScanner;
  workspace: Workspace;
  workspaceAt: (folder: string) => Workspace;
  agents: ReadonlyMap<Rung, CodingAgent>;
  channels: readonly ApprovalChannel[];
  /** Watchers that are asked for their reports. */
  reportSources: readonly ReportSource[];
  codeHostOf: (service: Service) => Promise<CodeHost>;
  /** Environment of builds and tests. */
  env: Record<string, string>;
  clock: Clock;
  log: Logger;
  random: () => number;
  makeNonce: () => string;
  listeners: FixerListeners;
}

export interface Fixer {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Works until nothing is due or the signal fires; for a fixer that was not started. */
  drain(signal?: AbortSignal): Promise<void>;
  /** Looks once at what became of published fixes; also for a fixer that was not started. */
  follow(): Promise<void>;
  /** Takes away all that a job left on disk. */
  tidy(job: Job): Promise<void>;
  /** Takes the worktree and the scratch space of a job away; its branch stays. */
  leaveBranch(job: Job): Promise<void>;
  /** Frees what composing took, for a fixer that was not started. */
  close(): Promise<void>;
  readonly url: string;
  readonly dashboard: { token: string; isNew: boolean };
  /** Where people are asked. */
  readonly channelNames: readonly string[];
  readonly store: Store;
  readonly sandbox: Sandbox;
  readonly decider: Decider;
  /** What `POST /v1/reports` does once a signature is good. */
  readonly ingest: (reports: Parameters<typeof ingestReports>[0]) => ReturnType<typeof ingestReports>;
}

export function createFixer(parts: FixerParts): Fixer {
  const { config, store, repository, sandbox, workspace, channels, clock, log, random, listeners } = parts;
  const now = () => clock.now();
  const context = { sandbox: sandbox.kind, secrets: config.secrets };
  const conclude: ConcludeOptions = {
    incidents: store.incidents,
    channels,
    context,
    onFault: (channel, error) => log.warn({ channel, reason: describeError(error) }, 'a channel could not be told'),
  };
  const events = new EventStream(clock);
  const counters: FixerCounters = { reportsAccepted: 0, reportsDuplicate: 0, jobsEnded: {} };
  const folderOf = (job: Job) => `${config.workFolder}/${job.id}`;

  const announce = (job: Job, entry: HistoryEntry) => {
    log.info({ job: job.id, event: entry.event, from: entry.from, to: entry.to, note: entry.note }, 'job moved');
    if (isTerminal(job.state)) counters.jobsEnded[job.state] = (counters.jobsEnded[job.state] ?? 0) + 1;
    events.publish({ type: 'job', data: presentJob(job) });
    listeners.onTransition?.(job, entry.note);
  };

  const { endJob, tidy, tell, answerFollowers } = createEnding({
    config,
    store,
    repository,
    workspace,
    channels,
    conclude,
    folderOf,
    now,
    log,
  });

  const worker = new Worker({
    id: config.workerId,
    jobs: store.jobs,
    steps: createSteps({
      services: config.services,
      store,
      repository,
      secretScanner: parts.secretScanner,
      agents: parts.agents,
      ladder: config.ladder,
      approveBefore: config.approveBefore,
      approval: { channels, expiresAfterMs: config.approvalTimeoutMs, context, random },
      codeHostOf: parts.codeHostOf,
      folderOf,
      verify: { processes: parts.processes, sandbox, workspace, env: parts.env, secrets: config.secrets },
      budget: config.budget,
      admission: config.admission,
      attemptTimeoutMs: config.attemptTimeoutMs,
      workspaceAt: parts.workspaceAt,
      makeNonce: parts.makeNonce,
      secrets: config.secrets,
      onProgress: (job, line) => {
        log.info({ job: job.id, state: job.state, progress: line }, 'progress');
        listeners.onProgress?.(job, line);
      },
    }),
    clock,
    leaseMs: config.leaseMs,
    limits: { maxCrashes: 3, maxDeferrals: 20, random },
    onTransition: announce,
    onEnded: endJob,
    onQueueFault: (error) => log.error({ reason: describeError(error) }, 'the queue does not answer'),
  });

  const decider = new Decider({
    jobs: store.jobs,
    now,
    onDecided: ({ job, asked }) => {
      log.info({ job: job.id, state: job.state, by: job.approval?.decision?.by }, 'decision recorded');
      events.publish({ type: 'job', data: presentJob(job) });
      listeners.onTransition?.(job, outcomeOf(job));
      const settled = isTerminal(job.state)
        ? endJob(job)
        : Promise.all([concludeApproval(asked, outcomeOf(job), conclude), answerFollowers(job)]);
      settled
        .catch((error: unknown) => log.error({ job: job.id, reason: describeError(error) }, 'job not tidied up'))
        .finally(() => worker.wake());
      worker.wake();
    },
  });

  const ingestDeps: IngestDeps = {
    incidents: store.incidents,
    jobs: store.jobs,
    services: config.services,
    onJobOpened: (job) => {
      log.info({ job: job.id, fingerprint: job.fingerprint, service: job.service }, 'job opened');
      events.publish({ type: 'job', data: presentJob(job) });
      worker.wake();
    },
  };
  const ingest: Fixer['ingest'] = async (reports) => {
    const receipt = await ingestReports(reports, ingestDeps, now());
    counters.reportsAccepted += receipt.accepted;
    counters.reportsDuplicate += receipt.duplicates;
    // A chat that is slow to answer must not hold up the watcher.
    askAboutServices(reports, config.services, { settings: store.settings, tell }).catch((error: unknown) =>
      log.warn({ reason: describeError(error) }, 'nobody was asked about an unknown service'),
    );
    return receipt;
  };

  const follower = new Follower({
    clock,
    everyMs: config.followEveryMs,
    async follow() {
      await followOnce(
        {
          incidents: store.incidents,
          jobs: store.jobs,
          services: config.services,
          repository,
          codeHostOf: parts.codeHostOf,
          alarms: createReportedAlarms(store.incidents),
          autoMerge: config.autoMerge,
          secrets: config.secrets,
          onJobOpened: (job) => ingestDeps.onJobOpened?.(job),
          async onJobEnded(job, entry) {
            announce(job, entry);
            await endJob(job);
          },
          async onNews(incident, text) {
            const { id, state, reason } = incident;
            log.info({ incident: id, state, reason }, 'incident followed');
            events.publish({ type: 'incident', data: presentIncident(incident) });
            await tell(text);
          },
          onFault: ({ id }, error) => log.warn({ incident: id, reason: describeError(error) }, 'incident not followed'),
        },
        now(),
      );
      // What regressed stands without a job now.
      await openMissingJobs(ingestDeps, now());
    },
    onFault: (error) => log.error({ reason: describeError(error) }, 'published fixes could not be followed'),
  });

  const pullers = parts.reportSources.map((source) => ({
    name: `watcher ${source.name}`,
    puller: new ReportPuller({
      source,
      settings: store.settings,
      ingest,
      clock,
      random,
      onFault(error, attempt) {
        const isWorthTelling = attempt <= 3 || attempt % 60 === 0;
        const facts = { watcher: source.name, attempt, reason: describeError(error) };
        log[isWorthTelling ? 'warn' : 'debug'](facts, 'no reports from a watcher');
      },
      onUnusable: (report) => log.error({ watcher: source.name, ...report }, 'a report of a watcher cannot be used'),
    }),
  }));

  const server = createHttpServer(
    createApp({
      store,
      ingest,
      decide: decider.decide,
      events,
      metrics: () => formatMetrics(store, counters, now()),
      relaySecret: config.relaySecret,
      dashboardToken: config.dashboard.token,
      allowedHosts: config.http.allowedHosts,
      now,
      log,
    }),
    config.http,
  );

  /** Makes good what a crash left half done. */
  const recover = async () => {
    const onFault = (repoPath: string, error: unknown) =>
      log.warn({ repoPath, reason: describeError(error) }, 'worktrees could not be swept');
    const open = await store.jobs.listOpen();
    const swept = await sweepCheckouts(repository, config.services, open, onFault);
    for (const asking of new Set(open.map(({ askedWith }) => askedWith))) {
      if (asking !== null) await wakeFollowers(asking, store.jobs, now());
    }
    const opened = await openMissingJobs(ingestDeps, now());
    for (const state of ['open', 'regressed'] as const) {
      const { items } = await store.incidents.list({ state, limit: 200 });
      for (const { jobId } of items) {
        const job = jobId === null ? null : await store.jobs.get(jobId);
        if (job && isTerminal(job.state)) await endJob(job);
      }
    }
    if (swept + opened > 0) log.info({ worktrees: swept, jobs: opened }, 'made good what an earlier run left');
  };

  /** Told at the start rather than at the first job, which then finds the answer known. */
  const lookAtLadder = () => {
    for (const rung of new Set(config.ladder)) {
      parts.agents
        .get(rung)
        ?.checkAvailable()
        .then((problem) => {
          if (problem !== null) log.warn({ rung, problem }, 'this rung of the ladder is skipped');
        })
        .catch((error: unknown) =>
          log.warn({ rung, reason: describeError(error) }, 'this rung could not be looked at'),
        );
    }
  };

  const lifecycle = new Lifecycle(
    [
      { name: 'store', start: () => store.check(), stop: () => store.close() },
      { name: 'recovery', start: recover },
      ...channels.map((channel) => ({
        name: channel.name,
        start: () => channel.start(decider.press),
        stop: () => channel.stop(),
      })),
      { name: 'ladder', start: lookAtLadder },
      { name: 'worker', start: () => worker.start(), stop: () => worker.stop() },
      { name: 'follower', start: () => follower.start(), stop: () => follower.stop() },
      ...pullers.map(({ name, puller }) => ({ name, start: () => puller.start(), stop: () => puller.stop() })),
      { ...server, name: 'http server', stop: () => (events.close(), server.stop?.()) },
    ],
    log,
  );

  return {
    start: () => lifecycle.start(),
    stop: () => lifecycle.stop(),
    drain: (signal) => worker.drain(signal),
    follow: () => follower.follow(),
    tidy: (job) => tidy(job, false),
    leaveBranch: (job) => tidy(job, true),
    close: () => store.close(),
    get url() {
      return server.url;
    },
    dashboard: config.dashboard,
    channelNames: channels.map(({ name }) => name),
    store,
    sandbox,
    decider,
    ingest,
  };
}
