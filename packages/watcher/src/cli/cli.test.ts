import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.testkit.js';

const log = [
  'listening',
  '2026-01-01T00:00:00.000Z ERROR order 17 cannot be paid',
  'Error: order 17 cannot be paid',
  '    at pay (/srv/shop/pay.js:3:7)',
  'GET /error.html 200',
  '2026-01-01T00:00:05.000Z ERROR order 18 cannot be paid',
  'Error: order 18 cannot be paid',
  '    at pay (/srv/shop/pay.js:4:7)',
  '',
].join('\n');

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'watcher-cli-')));
  await writeFile(join(folder, 'app.log'), log);
});
afterEach(() => rm(folder, { recursive: true }));

const run = (name: 'scan' | 'explain', args: string[], stdin: (string | Uint8Array)[] = []) =>
  runCli([name, ...args], { cwd: folder, stdin });

const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('scan', () => {
  it('prints one JSON line for each error event of a file', async () => {
    const { code, stdout, stderr } = await run('scan', ['app.log']);
    expect([code, stderr]).toEqual([0, '']);
    const events = linesOf(stdout);
    expect(events).toMatchObject([
      {
        message: 'order 17 cannot be paid',
        type: 'Error',
        stack: ['at pay (/srv/shop/pay.js:3:7)'],
        startLine: 2,
        endLine: 4,
      },
      { startLine: 6, endLine: 8 },
    ]);
    expect(events[0]!.fingerprint).toMatch(/^v1:[0-9a-f]{16}$/);
    expect(events[1]!.fingerprint).toBe(events[0]!.fingerprint);
  });

  it('reads standard input the same way, cut anywhere', async () => {
    const bytes = Buffer.from(log);
    const pieces = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    expect((await run('scan', ['-'], pieces)).stdout).toBe((await run('scan', ['app.log'])).stdout);
  });

  it('prints nothing for a log without errors, and that is a success', async () => {
    expect(await run('scan', ['-'], ['listening\n0 errors\n'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('answers cases line by line', async () => {
    const cases = [
      { id: 'a', input: log },
      { id: 'b', input: 'fine\n' },
    ].map((item) => JSON.stringify(item));
    const { code, stdout } = await run('scan', ['--cases', '-'], [`${cases.join('\n')}\n`]);
    expect(code).toBe(0);
    expect(linesOf(stdout)).toMatchObject([
      { id: 'a', events: [{ startLine: 2 }, { startLine: 6 }] },
      { id: 'b', events: [] },
    ]);
  });

  it('sums up several logs in one table, and as one JSON object', async () => {
    await writeFile(join(folder, 'other.log'), log);
    const { code, stdout } = await run('scan', ['--summary', 'app.log', 'other.log']);
    expect(code).toBe(0);
    expect(stdout).toContain('4 errors in 16 lines, 1 group\n');
    expect(stdout).toMatch(/^ +4 {2}medium +Error: order 17 cannot be paid +at pay/m);
    const { stdout: json } = await run('scan', ['--summary', '--json', 'app.log', 'other.log']);
    expect(linesOf(json)).toMatchObject([
      {
        bytes: 2 * log.length,
        lines: 16,
        events: 4,
        groups: 1,
        overflow: 0,
        peakRssBytes: 50_000_000,
        top: [{ count: 4 }],
      },
    ]);
    expect((await run('scan', ['--summary', '--no-simd', 'app.log', 'other.log'])).stdout).toBe(stdout);
  });
});

describe('explain', () => {
  it('says for each event what its fingerprint kept and dropped, and why', async () => {
    const { code, stdout } = await run('explain', ['app.log']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^v1:[0-9a-f]{16} {2}lines 2-4\n {2}kept {5}Error: order /);
    expect(stdout).toMatch(/^ {2}dropped {2}17 .*\(.*\)$/m);
    expect(stdout.match(/^v1:/gm)).toHaveLength(2);
  });

  it('names the fingerprint that scan prints', async () => {
    const explained = linesOf((await run('explain', ['--json', 'app.log'])).stdout);
    const scanned = linesOf((await run('scan', ['app.log'])).stdout);
    expect(explained.map(({ fingerprint }) => fingerprint)).toEqual(scanned.map(({ fingerprint }) => fingerprint));
    expect(explained[0]).toMatchObject({ startLine: 2, endLine: 4, kept: { type: 'Error' } });
  });

  it('reads the source maps of the folders it is given, as scan does', async () => {
    const trace = `TypeError: x is not a function\n    at f (${folder}/dist/main.js:1:1)\n    at g (${folder}/dist/main.js:1:1)\n`;
    await mkdir(join(folder, 'dist'));
    await writeFile(join(folder, 'bundle.log'), trace);
    const map = { version: 3, sources: ['../src/pay.ts'], names: [], mappings: 'AAAA' };
    await writeFile(join(folder, 'dist/main.js.map'), JSON.stringify(map));
    const args = ['--source-root', '.', 'bundle.log'];
    const [explained] = linesOf((await run('explain', ['--json', ...args])).stdout);
    expect(explained).toMatchObject({ kept: { frames: ['f@src/pay.ts', 'g@src/pay.ts'] } });
    const [scanned] = linesOf((await run('scan', args)).stdout);
    expect(scanned?.fingerprint).toBe(explained?.fingerprint);
    expect(linesOf((await run('scan', ['bundle.log'])).stdout)[0]?.fingerprint).not.toBe(explained?.fingerprint);
  });
});

describe.each(['scan', 'explain'] as const)('%s', (name) => {
  it.each([
    ['no log is named', 2, [], /No log was named\. Name a file/],
    ['two are named', 2, ['app.log', 'app.log'], /More than one log/],
    ['there is no such log', 1, ['none.log'], /The log none\.log cannot be read: ENOENT.* Check the path/],
    ['a folder is named', 1, ['.'], /The log \. cannot be read: EISDIR/],
    ['an option is unknown', 2, ['--colour', 'app.log'], /Unknown option '--colour'\. See --help/],
  ])('fails in words when %s', async (_case, exitCode, args, expected) => {
    const { code, stdout, stderr } = await run(name, args);
    expect(code).toBe(exitCode);
    expect(stdout).toBe('');
    expect(stderr).toMatch(expected);
    expect(stderr).not.toContain('    at ');
  });

  const utf16 = Buffer.from(`\ufeff${log}`, 'utf16le');
  it.each([
    ['compressed', gzipSync(log), 'is compressed. Decompress it first, as in `gzip -dc'],
    ['UTF-16', utf16, 'is written in UTF-16. Convert it first, as in `iconv -f UTF-16 -t UTF-8'],
    ['UTF-16, big end first', Buffer.from(utf16).swap16(), 'is written in UTF-16. Convert it first'],
  ])('refuses a log that is %s, however it comes in', async (_kind, bytes, expected) => {
    await writeFile(join(folder, 'odd.log'), bytes);
    const pieces = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    for (const { code, stdout, stderr } of [await run(name, ['odd.log']), await run(name, ['-'], pieces)]) {
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain(expected);
    }
    if (name === 'scan') expect((await run('scan', ['--summary', 'app.log', 'odd.log'])).stderr).toContain(expected);
  });

  it('shows its help', async () => {
    const { code, stdout } = await run(name, ['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`levautofix-watcher ${name} [options] FILE|-`);
  });
});

describe('the rules file of the host', () => {
  const rulesFile = 'levautofix-watcher.config.yaml';
  const rules = `
include: ["^order .* is late$"]
ignore: ["cannot be paid"]
levelField: weight
severity: [{ name: late, pattern: "is late", severity: high }]
grouping: { merge: [{ text: is late, name: late orders }] }
`;
  const rows = [
    'order of bob is late',
    'order of eve is late',
    'Error: order 17 cannot be paid',
    '    at pay (/srv/pay.js:3:7)',
    '{"weight":"error","message":"printer on fire"}',
    '',
  ];
  const text = rows.join('\n');
  const seen = [{ startLine: 1 }, { startLine: 2 }, { startLine: 5 }];
  const withRules = (name: 'scan' | 'explain', args: string[], env: Record<string, string> = {}) =>
    runCli([name, ...args], { cwd: folder, env, stdin: [text] });

  beforeEach(() => mkdir(join(folder, 'etc')));

  it('is found by scan and explain as start finds it: by option, by environment, in the folder', async () => {
    for (const name of ['scan', 'explain'] as const) {
      const json = name === 'explain' ? ['--json', '-'] : ['-'];
      expect(linesOf((await withRules(name, json)).stdout)).toMatchObject([{ startLine: 3 }]);
      await writeFile(join(folder, 'etc/rules.yaml'), rules);
      await writeFile(join(folder, rulesFile), 'include: [nothing like it]');
      expect(linesOf((await withRules(name, ['--config', 'etc/rules.yaml', ...json])).stdout)).toMatchObject(seen);
      expect(linesOf((await withRules(name, json, { WATCHER_CONFIG: 'etc/rules.yaml' })).stdout)).toMatchObject(seen);
      await writeFile(join(folder, '.env'), 'WATCHER_CONFIG=etc/rules.yaml');
      expect(linesOf((await withRules(name, json)).stdout)).toMatchObject(seen);
      await rm(join(folder, '.env'));
      await writeFile(join(folder, rulesFile), rules);
      expect(linesOf((await withRules(name, json)).stdout)).toMatchObject(seen);
      await rm(join(folder, rulesFile));
    }
  });

  it('decides groups and severities of a summary', async () => {
    await writeFile(join(folder, rulesFile), rules);
    const [summary] = linesOf((await withRules('scan', ['--summary', '--json', '-'])).stdout);
    expect(summary).toMatchObject({ events: 3, groups: 2, top: [{ count: 2, severity: 'high' }, { severity: 'low' }] });
  });

  it('counts for cases too', async () => {
    await writeFile(join(folder, rulesFile), rules);
    const { stdout } = await run('scan', ['--cases', '-'], [`${JSON.stringify({ id: 'a', input: text })}\n`]);
    expect(linesOf(stdout)).toMatchObject([{ id: 'a', events: seen }]);
  });

  it('decides the groups that explain tells of', async () => {
    await writeFile(join(folder, rulesFile), rules);
    const { stdout } = await withRules('explain', ['-']);
    expect(stdout.match(/decided by the rule merge: late orders/g)).toHaveLength(2);
  });

  it('is told of where it cannot be used', async () => {
    const { code, stdout, stderr } = await withRules('scan', ['--config', 'none.yaml', '-']);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/WATCHER_CONFIG: names .*none\.yaml, which cannot be read/);
  });
});

it('scan names the line that is no case', async () => {
  const { code, stderr } = await run('scan', ['--cases', '-'], ['{"id":"a","input":""}\n{"id":1}\n']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/Line 2 is no case\. Write one/);
});
