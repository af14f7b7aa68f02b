import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigFault } from '@levautofix/service-kit/env';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadWatcherConfig } from './config.js';

const good = { LOG_FILES: 'logs/*.log', FIXER_URL: 'http://127.0.0.1:4700/', RELAY_SECRET: '0123456789abcdef' };

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'config-'));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

async function faultsOf(env: Record<string, string>): Promise<string[]> {
  const error: unknown = await loadWatcherConfig(env, { cwd }).catch((fault: unknown) => fault);
  expect(error).toBeInstanceOf(ConfigFault);
  return (error as ConfigFault).faults.map(({ name }) => name);
}

describe('watcher configuration', () => {
  it('has the documented defaults', async () => {
    await writeFile(join(cwd, 'package.json'), '{"name":"@acme/shop"}');
    expect(await loadWatcherConfig(good, { cwd })).toMatchObject({
      logFiles: [join(cwd, 'logs/*.log')],
      service: 'shop',
      environment: 'production',
      release: null,
      relay: { mode: 'push', fixerUrl: 'http://127.0.0.1:4700' },
      settleMs: 30_000,
      settleMaxMs: 300_000,
      criticalSettleMs: 5_000,
      minSeverity: 'medium',
      readFrom: 'end',
      http: { host: '127.0.0.1', port: 4600 },
    });
  });

  it('lists all faults at once', async () => {
    const faults = await faultsOf({
      RELAY_SECRET: 'short',
      FIXER_URL: 'ftp://x',
      SETTLE_MS: 'soon',
      MIN_SEVERITY: 'huge',
      READ_FROM: 'middle',
      PORT: '70000',
      REDACT_VALUES_FILE: 'nowhere.txt',
      JOURNAL_MATCHES: 'unit=x',
    });
    expect(new Set(faults)).toEqual(
      new Set([
        'RELAY_SECRET',
        'FIXER_URL',
        'SETTLE_MS',
        'MIN_SEVERITY',
        'READ_FROM',
        'PORT',
        'REDACT_VALUES_FILE',
        'JOURNAL_MATCHES',
      ]),
    );
    expect(await faultsOf({})).toEqual(expect.arrayContaining(['RELAY_SECRET', 'FIXER_URL', 'LOG_FILES']));
  });

  it('reads log files, what to leave out of them and where links may lead as paths of its folder', async () => {
    const env = { ...good, LOG_FILES: 'logs/*.log,!logs/noisy.log', LOG_ROOTS: 'pods,/var/log/pods' };
    expect(await loadWatcherConfig(env, { cwd })).toMatchObject({
      logFiles: [join(cwd, 'logs/*.log'), `!${join(cwd, 'logs/noisy.log')}`],
      logRoots: [join(cwd, 'pods'), '/var/log/pods'],
    });
    expect(await faultsOf({ ...good, LOG_FILES: '!logs/noisy.log' })).toEqual(['LOG_FILES']);
  });

  it('reads secrets that rotate apart by any white space, and takes no comment for one', async () => {
    const [old, fresh] = ['a'.repeat(16), 'b'.repeat(16)];
    const { redactValues } = await loadWatcherConfig({ ...good, RELAY_SECRET: `${fresh}  ${old}\t` }, { cwd });
    expect(redactValues).toEqual([fresh, old]);
    expect(await faultsOf({ ...good, RELAY_SECRET: `${fresh} # since we moved`, RELEASE: '7 # by hand' })).toEqual([
      'RELAY_SECRET',
      'RELEASE',
    ]);
  });

  it.each([
    ['{app,zz}.log', ['{app,zz}.log']],
    ['a/{b,{c,d}}.log,!e/{f,g}.log , h.log', ['a/{b,{c,d}}.log', '!e/{f,g}.log', 'h.log']],
    ['odd{name.log,app.log', ['odd{name.log', 'app.log']],
  ])('parts LOG_FILES=%s only at the commas outside of braces', async (text, globs) => {
    const { logFiles } = await loadWatcherConfig({ ...good, LOG_FILES: text }, { cwd });
    expect(logFiles).toEqual(globs.map((glob) => glob.replace(/^!?/, (sign) => `${sign}${cwd}/`)));
  });

  it('reads ~/ as a shell does, and says where it cannot', async () => {
    const env = { ...good, LOG_FILES: '~/app.log,!~/noisy.log,~.log', LOG_ROOTS: '~/pods', STATE_DIR: '~/state' };
    expect(await loadWatcherConfig({ ...env, HOME: '/home/bob' }, { cwd })).toMatchObject({
      logFiles: ['/home/bob/app.log', '!/home/bob/noisy.log', join(cwd, '~.log')],
      logRoots: ['/home/bob/pods'],
      stateDir: '/home/bob/state',
    });
    expect(new Set(await faultsOf(env))).toEqual(new Set(['LOG_FILES', 'LOG_ROOTS', 'STATE_DIR']));
  });

  it('never repeats a secret in a fault', async () => {
    const error = await loadWatcherConfig(
      { ...good, RELAY_SECRET: 'tiny-key', FIXER_URL: 'bob:pw@host' },
      { cwd },
    ).catch((fault: unknown) => String((fault as Error).message));
    expect(error).not.toMatch(/tiny-key|bob:pw/);
  });

  it('refuses values that are too short to redact by their lines, and does not repeat them', async () => {
    await writeFile(join(cwd, 'values.txt'), 'long enough\n\nabc\nfour\n  xy  \n');
    const error = (await loadWatcherConfig({ ...good, REDACT_VALUES_FILE: 'values.txt' }, { cwd }).catch(
      (fault: unknown) => fault,
    )) as ConfigFault;
    expect(error.message).toMatch(/REDACT_VALUES_FILE: has values of fewer than 4 characters.*\(line 3, 5\)/);
    expect(error.message).not.toMatch(/abc|xy|long enough/);
    await writeFile(join(cwd, 'values.txt'), 'long enough\n\nfour\n');
    const { redactValues } = await loadWatcherConfig({ ...good, REDACT_VALUES_FILE: 'values.txt' }, { cwd });
    expect(redactValues).toEqual(['long enough', 'four', good.RELAY_SECRET]);
  });

  it('needs no fixer address in pull mode', async () => {
    const { LOG_FILES, RELAY_SECRET } = good;
    const config = await loadWatcherConfig({ LOG_FILES, RELAY_SECRET, RELAY_MODE: 'pull' }, { cwd });
    expect(config.relay).toMatchObject({ mode: 'pull', fixerUrl: null });
  });

  it('finds the log folder of PM2 when no log file is named', async () => {
    await mkdir(join(cwd, '.pm2/logs'), { recursive: true });
    const { LOG_FILES: _, ...rest } = good;
    expect((await loadWatcherConfig({ ...rest, HOME: cwd }, { cwd })).logFiles).toEqual([join(cwd, '.pm2/logs/*.log')]);
  });

  it('reads the rules of the host', async () => {
    await writeFile(
      join(cwd, 'levautofix-watcher.config.yaml'),
      'ignore: ["^Error: expected"]\nseverity:\n  - { name: payments, pattern: Payment, severity: critical, infrastructure: true }\nsettle: { maxGroups: 50 }\n',
    );
    const { rules } = await loadWatcherConfig(good, { cwd });
    expect(rules).toMatchObject({ detect: { ignore: [{ source: '^Error: expected' }] }, maxGroups: 50 });
    expect(rules.severity[0]).toMatchObject({ name: 'payments', severity: 'critical', isInfrastructure: true });
    expect(rules.severity[0]!.pattern.test('PaymentError: declined')).toBe(true);
  });

  it.each([
    ['a pattern that could hang', 'ignore: ["(a)\\\\1+"]\n', /look-around and back-references/],
    ['an unknown key', 'ignored: []\n', /ignored/],
    ['a severity that does not exist', 'severity: [{ name: x, pattern: y, severity: worst }]\n', /severity.0.severity/],
    ['broken YAML', 'ignore: [\n', /WATCHER_CONFIG/],
  ])('refuses rules with %s', async (_name, yaml, expected) => {
    await writeFile(join(cwd, 'levautofix-watcher.config.yaml'), yaml);
    await expect(loadWatcherConfig(good, { cwd })).rejects.toThrow(expected);
  });

  it('runs a pattern that hangs other engines in linear time', async () => {
    await writeFile(
      join(cwd, 'levautofix-watcher.config.yaml'),
      'severity: [{ name: x, pattern: "(a+)+$", severity: high }]\n',
    );
    const { rules } = await loadWatcherConfig(good, { cwd });
    const startedAt = performance.now();
    expect(rules.severity[0]!.pattern.test(`${'a'.repeat(4_000)}!`)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
