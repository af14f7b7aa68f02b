// The command `explain`: for each event of a log, what its fingerprint kept and dropped, and why.
import type { CommandIo } from '@levautofix/service-kit/command';
import { createEventDetector } from '../detect/event-detector.js';
import type { DetectedEvent } from '../domain/occurrence.js';
import { explainFingerprint, type FingerprintExplanation } from '../fingerprint/fingerprint.js';
import { loadReading, readingHelp, readingOptions } from './load-reading.js';
import { onlyLog, parseOptions } from './parse-options.js';
import { readInput } from './read-input.js';

const help = `Usage: levautofix-watcher explain [options] FILE|-

Prints for each error event what its fingerprint is made of: what was kept, what was dropped, and the rule that did.

Options:
  --json             one JSON line per event
${readingHelp}  -h, --help         show this text
`;

export async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    json: { type: 'boolean', default: false },
    ...readingOptions,
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const name = onlyLog(positionals);
  const options = await loadReading(values, io);
  const detector = createEventDetector(options);
  const print = (events: DetectedEvent[]): void => {
    for (const event of events) {
      const explained = explainFingerprint(event.error, options);
      io.stdout.write(values.json ? toJson(event, explained) : toText(event, explained));
    }
  };
  for await (const length of readInput(name, io, detector)) print(detector.commit(length, 0));
  print(detector.end());
  return 0;
}

function toJson(event: DetectedEvent, explained: FingerprintExplanation): string {
  const { startLine, endLine, lines, error, level } = event;
  return `${JSON.stringify({ startLine, endLine, ...(lines ? { lines } : {}), level, error, ...explained })}\n`;
}

function toText({ startLine, endLine }: DetectedEvent, explained: FingerprintExplanation): string {
  const { fingerprint, kept, dropped, override } = explained;
  const lines = startLine === endLine ? `line ${startLine}` : `lines ${startLine}-${endLine}`;
  return [
    `${fingerprint}  ${lines}`,
    `  kept     ${kept.type}: ${kept.message}`,
    ...kept.frames.map((frame) => `           ${frame}`),
    ...dropped.map(
      ({ text, as, rule }) => `  dropped  ${text.slice(0, 120)}${as === '' ? '' : ` -> ${as}`}  (${rule})`,
    ),
    ...(override === null ? [] : [`  decided by the rule ${override}`]),
    '',
    '',
  ].join('\n');
}
