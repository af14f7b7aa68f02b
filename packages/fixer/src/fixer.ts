// The fixer as a whole: its parts joined by events and started in order.
import { isTerminal } from '@levautofix/contract/job-state';
import { describeError } from '@levautofix/service-kit/fault';
import { createHttpServer } from '@levautofix/service-kit/http-server';
import { Lifecycle } from '@levautofix/service-kit/lifecycle';
import { concludeApproval, outcomeOf, type ConcludeOptions } from './approve/conclude-approval.js';
import { Decider } from './approve/decider.js';
import { checkRepositories } from './checkout/check-repositories.js';
import type { HistoryEntry, Job } from './domain/job.js';
import { presentIncident, presentJob } from './domain/job-presenter.js';
import { createEnding } from './ending.js';
import type { FixerParts } from './fixer-parts.js';
import { followOnce } from './follow/follow-once.js';
import { createReportedAlarms } from './follow/reported-alarms.js';
import { Follower } from './follow/run-follower.js';
import { createApp } from './http/app.js';
import { EventStream } from './http/event-stream.js';
import { formatMetrics, type FixerCounters } from './http/metrics.js';
import { createIntake, type Intake } from './intake.js';
import { createSteps } from './pipeline.js';
import type { Sandbox } from './ports/sandbox.js';
import type { Store } from './ports/store.js';
import { Worker } from './queue/run-worker.js';
import { recover } from './recover.js';

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
  readonly ingest: Intake['ingest'];
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

  const onJobOpened = (job: Job) => {
    log.info({ job: job.id, fingerprint: job.fingerprint, service: job.service }, 'job opened');
    events.publish({ type: 'job', data: presentJob(job) });
    worker.wake();
  };
  const { ingest, openMissingJobs, pullers } = createIntake({
    services: config.services,
    store,
    reportSources: parts.reportSources,
    clock,
    random,
    log,
    onJobOpened,
    onReceipt({ accepted, duplicates }) {
      counters.reportsAccepted += accepted;
      counters.reportsDuplicate += duplicates;
    },
    tell,
  });

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
          onJobOpened,
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
      await openMissingJobs();
    },
    onFault: (error) => log.error({ reason: describeError(error) }, 'published fixes could not be followed'),
  });

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
      { name: 'repositories', start: () => checkRepositories(repository, config.services) },
      {
        name: 'recovery',
        start: () => recover({ services: config.services, store, repository, openMissingJobs, endJob, now, log }),
      },
      ...channels.map((channel) => ({
        name: channel.name,
        start: () => channel.start(decider.press),
        stop: () => channel.stop(),
      })),
      { name: 'ladder', start: lookAtLadder },
      { name: 'worker', start: () => worker.start(), stop: () => worker.stop() },
      { name: 'follower', start: () => follower.start(), stop: () => follower.stop() },
      ...pullers,
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
