// What a fixer is made of: its configuration, one thing behind each port, and who listens.
import type { Clock } from '@levautofix/service-kit/clock';
import type { Logger } from '@levautofix/service-kit/logger';
import type { Rung } from './domain/attempt.js';
import type { Job } from './domain/job.js';
import type { Service } from './domain/service.js';
import type { PipelineDeps } from './pipeline.js';
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
