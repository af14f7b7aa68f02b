// How reports come in, sent by a watcher or asked of one: counted, turned into jobs, and people asked about services nobody configured.
import type { IncidentReport, ReportReceipt } from '@levautofix/contract/incident-report';
import type { Clock } from '@levautofix/service-kit/clock';
import { describeError } from '@levautofix/service-kit/fault';
import type { Part } from '@levautofix/service-kit/lifecycle';
import type { Logger } from '@levautofix/service-kit/logger';
import type { Job } from './domain/job.js';
import type { Service } from './domain/service.js';
import { askAboutServices } from './ingest/ask-about-services.js';
import { ingestReports, openMissingJobs } from './ingest/ingest-report.js';
import { ReportPuller } from './ingest/pull-reports.js';
import type { ReportSource } from './ports/report-source.js';
import type { Store } from './ports/store.js';

export interface IntakeParts {
  services: readonly Service[];
  store: Store;
  reportSources: readonly ReportSource[];
  clock: Clock;
  random: () => number;
  log: Logger;
  onJobOpened: (job: Job) => void;
  onReceipt: (receipt: ReportReceipt) => void;
  tell: (text: string) => Promise<void>;
}

export interface Intake {
  ingest: (reports: readonly IncidentReport[]) => Promise<ReportReceipt>;
  /** For incidents that stand without a job, after a crash or a regression; answers how many. */
  openMissingJobs: () => Promise<number>;
  /** What asks the watchers, one for each. */
  pullers: readonly Part[];
}

export function createIntake(parts: IntakeParts): Intake {
  const { services, store, clock, random, log, onJobOpened, onReceipt, tell } = parts;
  const deps = { incidents: store.incidents, jobs: store.jobs, services, onJobOpened };

  const ingest: Intake['ingest'] = async (reports) => {
    const receipt = await ingestReports(reports, deps, clock.now());
    onReceipt(receipt);
    // A chat that is slow to answer must not hold up the watcher.
    askAboutServices(reports, services, { settings: store.settings, tell }).catch((error: unknown) =>
      log.warn({ reason: describeError(error) }, 'nobody was asked about an unknown service'),
    );
    return receipt;
  };

  const pullFrom = (source: ReportSource): Part => {
    const puller = new ReportPuller({
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
    });
    return { name: `watcher ${source.name}`, start: () => puller.start(), stop: () => puller.stop() };
  };

  return {
    ingest,
    openMissingJobs: () => openMissingJobs(deps, clock.now()),
    pullers: parts.reportSources.map(pullFrom),
  };
}
