// The table of groups: what LevAutoFix would see in these logs.
import { setFlagsFromString } from 'node:v8';
import type { CommandIo } from '@levautofix/service-kit/command';
import type { Fingerprint } from '@levautofix/contract/fingerprint';
import type { Severity } from '@levautofix/contract/severity';
import { classify } from '../classify/classify.js';
import type { SeverityTable } from '../classify/severity-table.js';
import { createEventDetector } from '../detect/event-detector.js';
import { createScriptPrefilter } from '../detect/prefilter.js';
import type { DetectedEvent, Occurrence } from '../domain/occurrence.js';
import { createEventFingerprint } from '../fingerprint/fingerprint.js';
import type { Reading } from './load-reading.js';
import { openLog, readFile, readInput } from './read-input.js';

interface Group {
  count: number;
  first: Occurrence;
}

/** Groups kept; what a flood of ever new errors adds beyond that is counted as one. */
const maxGroups = 20_000;
const shownGroups = 50;

export async function printSummary(
  names: readonly string[],
  { isJson, hasSimd }: { isJson: boolean; hasSimd: boolean },
  reading: Reading,
  io: CommandIo,
): Promise<number> {
  // A scan makes much garbage and keeps little: a small nursery saves 6 MB.
  setFlagsFromString('--semi-space-growth-factor=1');
  // Compiled code of the smaller kind saves 2 MB more.
  setFlagsFromString('--optimize-for-size');
  // It is over before large compilations pay: smaller ones save a seventh of the time of a gigabyte, and 3 MB.
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=200');
  const startedAt = performance.now();
  const detector = createEventDetector({
    ...reading,
    contextLines: 0,
    ...(hasSimd ? {} : { createPrefilter: createScriptPrefilter }),
  });
  const fingerprint = createEventFingerprint(reading);
  const groups = new Map<string, Group>();
  let events = 0;
  let bytes = 0;
  let overflow = 0;
  for (const name of names) {
    const count = (event: DetectedEvent): void => {
      events += 1;
      const id = fingerprint(event);
      const group = groups.get(id);
      if (group) group.count += 1;
      else if (groups.size < maxGroups) groups.set(id, { count: 1, first: keep(event, id, name) });
      else overflow += 1;
    };
    const commit = (length: number): void => {
      bytes += length;
      detector.commitEach(length, 0, count);
    };
    if (name === '-') for await (const length of readInput(name, io, detector)) commit(length);
    else for (const length of readFile(openLog(name, io), name, detector)) commit(length);
    detector.end().forEach(count);
  }
  const rows = [...groups.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, shownGroups)
    .map((group) => toRow(group, reading.severityTable));
  if (isJson) {
    const { lines } = detector;
    const elapsedMs = Math.round(performance.now() - startedAt);
    const peakRssBytes = io.peakRssBytes();
    io.stdout.write(
      `${JSON.stringify({ bytes, lines, events, groups: groups.size, overflow, elapsedMs, peakRssBytes, top: rows })}\n`,
    );
  } else io.stdout.write(toTable(rows, { events, lines: detector.lines, groups: groups.size }));
  return 0;
}

/** A piece of a string keeps the whole line alive that it was cut from; a copy does not. */
function keep(event: DetectedEvent, fingerprint: Fingerprint, source: string): Occurrence {
  const { error, loggedAt, level, request, traceId, startLine, endLine } = event;
  const kept = { error, loggedAt, level, request, traceId, context: [], startLine, endLine, fingerprint, source };
  return JSON.parse(JSON.stringify({ ...kept, seenAt: 0 })) as Occurrence;
}

interface Row {
  count: number;
  severity: Severity;
  fingerprint: string;
  type: string;
  message: string;
  frame: string;
  startLine: number;
  source: string;
}

function toRow({ count, first }: Group, table: SeverityTable): Row {
  const incident = {
    fingerprint: first.fingerprint,
    count,
    firstSeenAt: 0,
    lastSeenAt: 0,
    first,
    latest: first,
    followers: [],
    dropped: 0,
  };
  const { severity } = classify(incident, table);
  const { type, message, stack } = first.error;
  const { fingerprint, startLine, source } = first;
  return {
    count,
    severity,
    fingerprint,
    type,
    message: firstWords(message),
    frame: stack[0]?.slice(0, 200) ?? '',
    startLine,
    source,
  };
}

function firstWords(message: string): string {
  const line = message.split('\n', 1)[0] ?? '';
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}

function toTable(rows: readonly Row[], total: { events: number; lines: number; groups: number }): string {
  const head = `${counted(total.events, 'error')} in ${counted(total.lines, 'line')}, ${counted(total.groups, 'group')}\n`;
  if (rows.length === 0) return head;
  const lines = rows.map(({ count, severity, type, message, frame }) => {
    const said = message.startsWith(type) ? message : `${type}: ${message}`;
    return `${String(count).padStart(8)}  ${severity.padEnd(8)}  ${said.slice(0, 80).padEnd(80)}  ${frame}`.trimEnd();
  });
  const more = total.groups - rows.length;
  return `${head}\n   count  severity  first words${' '.repeat(71)}top frame\n${lines.join('\n')}\n${more > 0 ? `… and ${counted(more, 'more group')}\n` : ''}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
