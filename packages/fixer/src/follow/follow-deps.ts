// What following a fix needs of the world.
import type { Incident } from '../domain/incident.js';
import type { HistoryEntry, Job } from '../domain/job.js';
import type { Service } from '../domain/service.js';
import type { CodeHost } from '../ports/code-host.js';
import type { AlarmSource } from '../ports/alarm-source.js';
import type { IncidentStore } from '../ports/incident-store.js';
import type { JobStore } from '../ports/job-store.js';
import type { Repository } from '../ports/repository.js';

export interface FollowDeps {
  incidents: IncidentStore;
  jobs: JobStore;
  services: readonly Service[];
  repository: Pick<Repository, 'resolveBase' | 'resolveCommit' | 'isAncestor' | 'findRevert' | 'commitRevert' | 'push'>;
  codeHostOf: (service: Service) => Promise<CodeHost>;
  alarms: AlarmSource;
  /** Types of errors whose fixes may be merged without a look; most often none. */
  autoMerge: readonly string[];
  /** Values that must not be shown to anybody. */
  secrets: readonly string[];
  /** Told of each new job, so that a waiting worker may look at once. */
  onJobOpened?: (job: Job) => void;
  /** Told of a job that was ended from here; what it left is to be tidied up. */
  onJobEnded?: (job: Job, entry: HistoryEntry) => Promise<void>;
  /** A few lines of plain text for persons. */
  onNews?: (incident: Incident, text: string) => Promise<void>;
  /** An incident that could not be followed this time; it is tried again with the next pass. */
  onFault: (incident: Incident, error: unknown) => void;
}
