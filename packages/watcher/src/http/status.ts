// What the watcher says about itself: one object from which health, metrics and the status page are made.
import type { PipelineStats } from '../pipeline.js';
import type { SourceStats } from '../ports/log-source.js';
import type { ReportSpool } from '../ports/report-spool.js';
import type { RelayStats } from '../relay/relay.js';

export interface WatcherStatus {
  /** `degraded` still watches; `failing` cannot do its work. */
  health: 'ok' | 'degraded' | 'failing';
  /** In words, one for each thing that is wrong. */
  problems: string[];
  service: string;
  environment: string;
  startedAt: string;
  sources: SourceStats;
  pipeline: PipelineStats;
  spool: ReturnType<ReportSpool['stats']>;
  /** Null in pull mode. */
  relay: RelayStats | null;
}

export interface StatusParts extends Omit<WatcherStatus, 'health' | 'problems' | 'sources'> {
  sources: readonly SourceStats[];
}

export function buildStatus({ sources, ...parts }: StatusParts): WatcherStatus {
  const total = sumSources(sources);
  const problems: string[] = [];
  if (parts.pipeline.outbox > 0 && parts.pipeline.commitFailures > 0)
    problems.push('state cannot be saved; reports wait in memory');
  if (total.unreadable > 0) problems.push(`${total.unreadable} log files cannot be read`);
  if (parts.relay && parts.relay.failuresInARow > 0)
    problems.push(`the fixer did not take reports ${parts.relay.failuresInARow} times in a row`);
  return { health: problems.length > 0 ? 'degraded' : 'ok', problems, ...parts, sources: total };
}

function sumSources(all: readonly SourceStats[]): SourceStats {
  const total: SourceStats = {
    sources: 0,
    open: 0,
    bytesRead: 0,
    bytesBehind: 0,
    cutLines: 0,
    rotations: 0,
    truncations: 0,
    bytesGivenUp: 0,
    unreadable: 0,
  };
  for (const stats of all) for (const key of Object.keys(total) as (keyof SourceStats)[]) total[key] += stats[key];
  return total;
}
