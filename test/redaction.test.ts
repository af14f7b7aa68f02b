// Secrets on their way through the whole watcher: none may reach the wire or the state folder, whatever coat they wear.
import { appendFileSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IncidentReport } from '@levautofix/contract/incident-report';
import { redactSecrets } from '@levautofix/contract/redact';
import { silentLogger } from '@levautofix/service-kit/logger';
import { composeWatcher } from '@levautofix/watcher/compose';
import { loadWatcherConfig } from '@levautofix/watcher/config/config';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leaks, listed, measure } from '../scripts/bench/redaction.js';
import { plantSecrets, type PlantedSecret } from '../scripts/bench/redaction-corpus.js';

const fixtures = join(import.meta.dirname, 'fixtures/redaction');

describe('redaction corpus', () => {
  const figures = measure(20_260_101);

  it.each(figures.recall)('finds at least 95 % of each kind: $kind', ({ found, planted }) => {
    expect(found / planted).toBeGreaterThanOrEqual(0.95);
  });

  it('damages no clean line', () => {
    expect(figures.clean.lines).toBeGreaterThan(150);
    expect(figures.clean.damaged).toEqual([]);
  });
});

/** Each writes an error with the secret's line somewhere in it, in pieces that arrive one by one. */
const mutations: Record<string, (line: string, n: number) => string[]> = {
  'split over reads': (line, n) => {
    const text = `${head(n)} Error: failed ${line}\n    at f${n} (/srv/app/f${n}.js:1:1)\n`;
    const cut = text.indexOf(line) + Math.floor(line.length / 2);
    return [text.slice(0, cut), text.slice(cut)];
  },
  'URL-encoded': (line, n) => [
    `${head(n)} Error: failed at /x?q=${encodeURIComponent(line)}\n    at f${n} (/srv/app/f${n}.js:1:1)\n`,
  ],
  'JSON-escaped': (line, n) => [
    `${head(n)} Error: failed with ${JSON.stringify(JSON.stringify({ line }))}\n    at f${n} (/srv/app/f${n}.js:1:1)\n`,
  ],
  'inside colours': (line, n) => {
    const middle = Math.floor(line.length / 2);
    const coloured = `\u001b[31m${line.slice(0, middle)}\u001b[1m${line.slice(middle)}\u001b[0m`;
    return [`${head(n)} Error: failed ${coloured}\n    at f${n} (/srv/app/f${n}.js:1:1)\n`];
  },
  'over several lines': (line, n) => [
    `${head(n)} Error: failed as follows\n${line}\n    at f${n} (/srv/app/f${n}.js:1:1)\n`,
  ],
  'in the title': (line, n) => [
    `${line}\n    at f${n} (/srv/app/f${n}.js:1:1)\n`,
    `Error: ${line}\n    at g${n} (/srv/app/g${n}.js:1:1)\n`,
  ],
  'in the path': (line, n) => [
    `${pino(n, { req: { method: 'GET', url: `/reset?${line}`, path: line }, err: { type: 'Error', message: `m${n}`, stack: `Error: m${n}\n    at f${n} (/srv/${line}/f${n}.js:1:1)` } })}\n`,
  ],
  'in the metadata': (line, n) => [
    `${pino(n, { reqId: line, name: line, user: { note: line }, [line]: 1, err: { type: line, message: `m${n}`, code: line, stack: `Error: m${n}\n    at f${n} (/srv/f${n}.js:1:1)`, cause: { message: line } } })}\n`,
  ],
};

function head(n: number): string {
  return `2026-01-01T00:00:${String(n % 60).padStart(2, '0')}.000Z ERROR [app]`;
}

function pino(n: number, fields: object): string {
  return JSON.stringify({
    level: 50,
    time: 1_767_225_600_000 + n,
    pid: 1,
    hostname: 'box',
    ...fields,
    msg: `failed ${n}`,
  });
}

describe('redaction in the watcher', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'redaction-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it.each(Object.keys(mutations))('lets no secret out that is %s', { timeout: 60_000 }, async (name) => {
    const planted = plantSecrets(fixtures, 7, 1);
    const { wire, state, events } = await sendThrough(folder, planted, mutations[name]!);
    expect(events).toBeGreaterThan(planted.length * 0.9);
    const out = readings(wire + state);
    const leaked = planted.filter((item) => out.some((text) => leaks(item, text)));
    expect(leaked.map(({ kind, line }) => `${kind}: ${line}`)).toEqual([]);
    expect(wire).toContain('[redacted:');
  });

  it('would notice a leak', async () => {
    const planted = plantSecrets(fixtures, 7, 1).slice(0, 3);
    const { wire } = await sendThrough(folder, planted, mutations['in the title']!);
    expect(wire.length).toBeGreaterThan(100);
    expect(leaks(planted[0]!, planted[0]!.line)).toBe(true);
    expect(redactSecrets(planted[0]!.line, listed(planted[0]!))).not.toBe(planted[0]!.line);
  });
});

async function sendThrough(
  folder: string,
  planted: readonly PlantedSecret[],
  mutate: (line: string, n: number) => string[],
) {
  const log = join(folder, 'app.log');
  const valuesFile = join(folder, 'values.txt');
  appendFileSync(log, '');
  appendFileSync(valuesFile, planted.flatMap((item) => listed(item)).join('\n'));
  const config = await loadWatcherConfig(
    {
      LOG_FILES: log,
      FIXER_URL: 'http://127.0.0.1:9',
      RELAY_SECRET: 'a-relay-secret-for-tests',
      REDACT_VALUES_FILE: valuesFile,
      STATE_DIR: join(folder, 'state'),
      MIN_SEVERITY: 'low',
      READ_FROM: 'beginning',
      SETTLE_MS: '60000',
      PORT: '0',
    },
    { cwd: folder },
  );
  config.rules.maxGroups = 10_000;
  const sent: IncidentReport[] = [];
  const watcher = await composeWatcher(config, {
    log: silentLogger,
    sink: {
      send(reports) {
        sent.push(...reports);
        return Promise.resolve({ accepted: reports.length, duplicates: 0 });
      },
    },
  });
  await watcher.start();
  let wire = '';
  let state = '';
  try {
    // Pieces of all events of one round are written, read, and only then the next ones: a read never holds a whole split event.
    const texts = planted.map(({ line }, n) => mutate(line, n));
    for (const pieces of texts) {
      for (const piece of pieces) {
        appendFileSync(log, piece);
        if (pieces.length > 1) await watcher.drain();
      }
    }
    await watcher.drain();
    state += await contents(config.stateDir);
    await watcher.finish();
    wire = JSON.stringify(sent);
  } finally {
    await watcher.stop();
  }
  state += await contents(config.stateDir);
  const events = sent.reduce(
    (sum, { count, followers }) => sum + count + (followers ?? []).reduce((all, item) => all + item.count, 0),
    0,
  );
  return { wire, state, events };
}

async function contents(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((item) => item.isFile()).map((item) => readFile(join(item.parentPath, item.name), 'utf8'));
  return (await Promise.all(files)).join('\n');
}

/** The text as an attentive reader would decode it. */
function readings(text: string): string[] {
  // eslint-disable-next-line no-control-regex
  const plain = text.replace(/\\u001b\[[\d;]*m|\u001b\[[\d;]*m/g, '');
  let unescaped = plain;
  for (let depth = 0; depth < 4; depth++) unescaped = unescaped.replace(/\\(["\\/])/g, '$1').replace(/\\n/g, '\n');
  return [
    text,
    plain,
    unescaped,
    unescaped.replace(/%([0-7][0-9a-fA-F])/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
  ];
}
