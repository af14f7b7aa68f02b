// The command `scan`: the error events of a log, or a table of their groups.
import type { CommandIo } from '@levautofix/service-kit/command';
import { Fault } from '@levautofix/service-kit/fault';
import { createEventDetector } from '../detect/event-detector.js';
import type { DetectedEvent } from '../domain/occurrence.js';
import { createEventFingerprint } from '../fingerprint/fingerprint.js';
import { scanLog } from '../scan-log.js';
import { loadReading, readingHelp, readingOptions, type Reading } from './load-reading.js';
import { onlyLog, parseOptions } from './parse-options.js';
import { readInput } from './read-input.js';
import { printSummary } from './scan-summary.js';

const help = `Usage: levautofix-watcher scan [options] FILE|-

Prints each error event as one JSON line: message, type, stack, fingerprint, startLine, endLine.

Options:
  --summary FILE...  print a table of the groups instead: what LevAutoFix would see in these logs
  --json             with --summary: one JSON object
${readingHelp}  --no-simd          search in plain script, without WebAssembly (same events, slower)
  --cases -          read JSON lines {id, input}, answer {id, events}
  -h, --help         show this text
`;

export async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    summary: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    ...readingOptions,
    'no-simd': { type: 'boolean', default: false },
    cases: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const reading = await loadReading(values, io);
  if (values.cases) return answerCases(onlyLog(positionals), reading, io);
  if (!values.summary) return printEvents(onlyLog(positionals), reading, io);
  const names = positionals.length > 0 ? positionals : [onlyLog([])];
  return printSummary(names, { isJson: values.json, hasSimd: !values['no-simd'] }, reading, io);
}

async function printEvents(name: string, reading: Reading, io: CommandIo): Promise<number> {
  const detector = createEventDetector(reading);
  const fingerprint = createEventFingerprint(reading);
  const print = (event: DetectedEvent): void => {
    io.stdout.write(`${JSON.stringify(toAnswer(event, fingerprint(event)))}\n`);
  };
  for await (const bytes of readInput(name, io, detector)) detector.commitEach(bytes, 0, print);
  detector.end().forEach(print);
  return 0;
}

async function answerCases(name: string, reading: Reading, io: CommandIo): Promise<number> {
  let rest = '';
  const decoder = new TextDecoder();
  let number = 0;
  const answer = (line: string): void => {
    number += 1;
    if (line.trim() === '') return;
    const { id, input } = readCase(line, number);
    io.stdout.write(
      `${JSON.stringify({ id, events: scanLog(input, reading).map((event) => toAnswer(event, event.fingerprint)) })}\n`,
    );
  };
  const buffer = { memory: new Uint8Array(256 * 1024) };
  for await (const length of readInput(name, io, { reserve: () => buffer.memory })) {
    const lines = (rest + decoder.decode(buffer.memory.subarray(0, length), { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(answer);
  }
  answer(rest);
  return 0;
}

function readCase(line: string, number: number): { id: string; input: string } {
  try {
    const { id, input } = JSON.parse(line) as { id: unknown; input: unknown };
    if (typeof id === 'string' && typeof input === 'string') return { id, input };
  } catch {
    // Told below, like any other line that is no case.
  }
  throw new Fault({
    code: 'case_invalid',
    message: `Line ${number} is no case.`,
    remedy: 'Write one {"id": "…", "input": "…"} to a line.',
  });
}

function toAnswer({ error, startLine, endLine, lines }: DetectedEvent, fingerprint: string): object {
  const { message, type, stack } = error;
  return { message, type, stack, fingerprint, startLine, endLine, ...(lines ? { lines } : {}) };
}
