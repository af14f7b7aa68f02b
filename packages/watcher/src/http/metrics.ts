// The status in the text format of Prometheus. Source of the format: https://prometheus.io/docs/instrumenting/exposition_formats/
import type { WatcherStatus } from './status.js';

type Kind = 'counter' | 'gauge';
type Sample = number | null | Record<string, number>;

export function formatMetrics({ sources, pipeline, spool, relay }: WatcherStatus): string {
  const rows: [name: string, kind: Kind, help: string, value: Sample][] = [
    ['sources', 'gauge', 'Log files and streams known.', sources.sources],
    ['sources_unreadable', 'gauge', 'Log files that cannot be read at the moment.', sources.unreadable],
    ['read_bytes_total', 'counter', 'Bytes of log read.', sources.bytesRead],
    ['behind_bytes', 'gauge', 'Bytes of log not read yet.', sources.bytesBehind],
    ['given_up_bytes_total', 'counter', 'Bytes of deleted files that were let go unread.', sources.bytesGivenUp],
    ['cut_lines_total', 'counter', 'Lines over the length limit that were cut.', sources.cutLines],
    ['rotations_total', 'counter', 'Rotations followed.', sources.rotations],
    ['truncations_total', 'counter', 'Files emptied or replaced in place.', sources.truncations],
    ['occurrences_total', 'counter', 'Error events seen.', pipeline.occurrences],
    ['occurrences_withheld', 'gauge', 'Occurrences below the minimum severity, not reported.', pipeline.withheld],
    ['open_incidents', 'gauge', 'Incidents whose settle window is open.', pipeline.openGroups],
    ['reports_total', 'counter', 'Reports made, by severity.', pipeline.reports],
    ['save_failures_total', 'counter', 'Failed attempts to save state.', pipeline.commitFailures],
    ['spool_reports', 'gauge', 'Reports that wait for the fixer.', spool.reports],
    ['spool_bytes', 'gauge', 'Bytes of reports that wait for the fixer.', spool.bytes],
    ['spool_dropped_total', 'counter', 'Reports given up for want of space.', spool.dropped + pipeline.outboxDropped],
    ['reports_refused_total', 'counter', 'Reports the fixer refused.', spool.rejected],
    ['reports_delivered_total', 'counter', 'Reports the fixer has taken over.', relay?.delivered ?? null],
    ['relay_failures_total', 'counter', 'Failed attempts to reach the fixer.', relay?.failures ?? null],
  ];
  return rows.map(([name, kind, help, value]) => format(`levautofix_watcher_${name}`, kind, help, value)).join('');
}

function format(name: string, kind: Kind, help: string, value: Sample): string {
  if (value === null) return '';
  const lines =
    typeof value === 'number'
      ? [`${name} ${value}`]
      : Object.entries(value).map(([severity, number]) => `${name}{severity="${severity}"} ${number}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...lines, ''].join('\n');
}
