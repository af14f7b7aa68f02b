import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigFault } from '@levautofix/service-kit/env';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadFixerConfig, secretValues } from './config.js';
import { ensureDashboardToken } from './dashboard-token.js';
import { fixerEnvNames } from './env.js';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'fixer-config-'));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

const least = { REPO_PATH: 'shop', RELAY_SECRET: 'relay-secret-0123456789' };

describe('the configuration', () => {
  it('needs a repository and a secret, and has a default for everything else', async () => {
    const { config } = await loadFixerConfig(least, { cwd });
    expect(config).toMatchObject({
      services: [
        {
          name: 'shop',
          repoPath: join(cwd, 'shop'),
          baseBranch: 'main',
          installTimeoutMs: 60_000,
          buildTimeoutMs: 180_000,
          testTimeoutMs: 300_000,
        },
      ],
      host: '127.0.0.1',
      port: 4700,
      ladder: ['claude-code', 'claude-code', 'codex'],
      approveBefore: 'pull-request',
      sandbox: 'auto',
      telegram: null,
      hasMongodb: false,
    });
  });

  it('lists everything that is wrong at once, each with a remedy', async () => {
    const faults = await faultsOf({
      PORT: '99999',
      MONGODB_URI: 'postgres://me:hidden@x',
      TELEGRAM_BOT_TOKEN: 'nonsense',
      TELEGRAM_ALLOWED_USERS: 'me',
      REPAIR_LADDER: 'claude,command',
      GITHUB_REPOSITORY: 'shop',
      APPROVE_BEFORE: 'never',
      DASHBOARD_TOKEN: 'short',
      WATCHER_URLS: 'ftp://x',
    });
    expect(faults.map(({ name }) => name).sort()).toEqual([
      'APPROVE_BEFORE',
      'DASHBOARD_TOKEN',
      'GITHUB_REPOSITORY',
      'MONGODB_URI',
      'PORT',
      'RELAY_SECRET',
      'REPAIR_COMMAND',
      'REPAIR_LADDER',
      'REPO_PATH',
      'TELEGRAM_ALLOWED_USERS',
      'TELEGRAM_BOT_TOKEN',
      'TELEGRAM_CHAT_ID',
      'WATCHER_URLS',
    ]);
    expect(faults.every(({ remedy }) => remedy !== '')).toBe(true);
    expect(JSON.stringify(faults)).not.toMatch(/hidden|nonsense/);
  });

  it('asks neither for a secret nor for a chat when it repairs once', async () => {
    const env = { REPO_PATH: 'shop', TELEGRAM_BOT_TOKEN: 'nonsense' };
    await expect(loadFixerConfig(env, { cwd, isOneShot: true })).resolves.toBeDefined();
  });

  it('can be printed: no secret is in it', async () => {
    const env = {
      ...least,
      MONGODB_URI: 'mongodb://me:p%40ss-word-1@db/x',
      TELEGRAM_BOT_TOKEN: '123456:token-abcdefghij',
      TELEGRAM_CHAT_ID: '-1001',
      GITHUB_TOKEN: 'github-token-1',
      ANTHROPIC_API_KEY: 'anthropic-key-1',
      OPENAI_API_KEY: 'openai-key-1',
      DASHBOARD_TOKEN: 'dashboard-token-1',
    };
    const { config, secrets } = await loadFixerConfig(env, { cwd });
    const printed = JSON.stringify(config);
    for (const value of secretValues(secrets)) expect(printed).not.toContain(value);
    expect(secretValues(secrets)).toEqual(expect.arrayContaining(['p@ss-word-1', 'github-token-1', 'openai-key-1']));
    expect(secretValues(secrets)).toHaveLength(8);
    expect(config.telegram).toMatchObject({ chatId: -1001, allowedUsers: [] });
  });

  it('keeps the order of the ladder', async () => {
    const env = { ...least, REPAIR_LADDER: 'codex,claude-code,codex' };
    expect((await loadFixerConfig(env, { cwd })).config.ladder).toEqual(['codex', 'claude-code', 'codex']);
  });

  it('reads every name it lists and no other', async () => {
    const read = new Set<string>();
    const target: Record<string, string> = {
      ...least,
      TELEGRAM_BOT_TOKEN: '123456:token-abcdefghij',
      TELEGRAM_CHAT_ID: '1',
    };
    const env = new Proxy(target, {
      get: (_, name) => {
        read.add(String(name));
        return target[String(name)];
      },
    });
    await loadFixerConfig(env, { cwd });
    expect([...read].sort()).toEqual([...fixerEnvNames].sort());
  });
});

describe('AUTO_MERGE', () => {
  const ready = {
    ...least,
    AUTO_MERGE: 'TypeError,RangeError',
    GITHUB_TOKEN: 'github-token-0123456789',
    TELEGRAM_BOT_TOKEN: '123456:token-abcdefghij',
    TELEGRAM_CHAT_ID: '1',
  };
  const problems = async (env: Record<string, string>) =>
    (await faultsOf(env)).map(({ name, problem, remedy }) => {
      expect(remedy).toContain('off');
      return `${name} ${problem}`;
    });

  it('names classes of errors, and is off by default', async () => {
    expect((await loadFixerConfig(least, { cwd })).config.autoMerge).toEqual([]);
    expect((await loadFixerConfig({ ...least, AUTO_MERGE: 'off' }, { cwd })).config.autoMerge).toEqual([]);
    expect((await loadFixerConfig(ready, { cwd })).config.autoMerge).toEqual(['TypeError', 'RangeError']);
    const alone = { ...least, AUTO_MERGE: 'TypeError' };
    expect((await loadFixerConfig(alone, { cwd, isOneShot: true })).config.autoMerge).toEqual([]);
  });

  it('is refused without what it needs, all at once, each with a remedy', async () => {
    expect(
      await problems({
        ...least,
        AUTO_MERGE: 'on',
        SANDBOX: 'off',
        APPROVE_BEFORE: 'repair',
        PROTECTED_PATHS: 'a,!.github',
      }),
    ).toEqual([
      'AUTO_MERGE holds something that is no type of error.',
      'AUTO_MERGE needs GITHUB_TOKEN.',
      expect.stringContaining('does not go with SANDBOX=off'),
      expect.stringContaining('does not go with APPROVE_BEFORE=repair'),
      'AUTO_MERGE needs somebody who is told of what was merged.',
      'AUTO_MERGE does not go with PROTECTED_PATHS of shop, which allows !.github.',
    ]);
  });

  it('is refused when one of several services allows a sensitive path', async () => {
    const text = 'services:\n  - {name: a, repoPath: a}\n  - {name: b, repoPath: b, protectedPaths: ["!migrations"]}\n';
    await writeFile(join(cwd, 'levautofix.config.yaml'), text);
    const { REPO_PATH: _, ...several } = ready;
    expect(await problems(several)).toEqual([
      expect.stringContaining('PROTECTED_PATHS of b, which allows !migrations'),
    ]);
  });
});

describe('the services file', () => {
  const write = (text: string) => writeFile(join(cwd, 'levautofix.config.yaml'), text);
  const { RELAY_SECRET } = least;

  it('lists several services; what it leaves open comes from the environment', async () => {
    await write(
      'services:\n  - name: a\n    repoPath: ./a\n    testCommand: make test\n  - { name: b, repoPath: /b, baseBranch: dev }\n',
    );
    const { config } = await loadFixerConfig({ RELAY_SECRET, TEST_COMMAND: 'npm test' }, { cwd });
    expect(config.services).toMatchObject([
      { name: 'a', repoPath: join(cwd, 'a'), baseBranch: 'main', testCommand: 'make test' },
      { name: 'b', repoPath: '/b', baseBranch: 'dev', testCommand: 'npm test' },
    ]);
  });

  it.each([
    ['services:\n  - name: a\n    repoPath: a\n    testComand: x\n', 'services.0: Unrecognized key: "testComand"'],
    ['services: []\n', 'services: '],
    ['services:\n  - {name: a, repoPath: a}\n  - {name: a, repoPath: b}\n', '"a" is listed twice'],
    ['services: [\n', 'at line'],
    ['', 'the file: '],
  ])('is held to its form: %j', async (text, problem) => {
    await write(text);
    const faults = await faultsOf({ RELAY_SECRET });
    expect(faults.map((fault) => fault.problem).join('\n')).toContain(problem);
  });

  it('tells of a double name beside faults of another kind', async () => {
    await write('services:\n  - {name: a, repoPath: a, testComand: x}\n  - {name: a, repoPath: b}\n  - 7\n');
    const problems = (await faultsOf({ RELAY_SECRET })).map(({ problem }) => problem);
    expect(problems).toEqual([
      expect.stringContaining('Unrecognized key: "testComand"'),
      expect.stringContaining('services.2: '),
      expect.stringContaining('"a" is listed twice'),
    ]);
  });

  it('must be there when it is named', async () => {
    expect(await faultsOf({ RELAY_SECRET, FIXER_CONFIG: 'none.yaml' })).toMatchObject([{ name: 'FIXER_CONFIG' }]);
  });
});

describe('the dashboard token', () => {
  it('is made once, kept with narrow rights, and found again', async () => {
    const first = await ensureDashboardToken(join(cwd, 'data'), undefined);
    expect(first.isNew).toBe(true);
    expect(first.token.length).toBeGreaterThanOrEqual(32);
    const path = join(cwd, 'data/dashboard-token');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readFile(path, 'utf8')).trim()).toBe(first.token);
    expect(await ensureDashboardToken(join(cwd, 'data'), undefined)).toEqual({ token: first.token, isNew: false });
  });

  it('is one and the same for processes that start at once', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => ensureDashboardToken(cwd, undefined)));
    expect(new Set(made.map(({ token }) => token)).size).toBe(1);
    expect(made.filter(({ isNew }) => isNew)).toHaveLength(1);
  });

  it('is the configured one when there is one, and no file is written', async () => {
    expect(await ensureDashboardToken(join(cwd, 'data'), 'configured')).toEqual({ token: 'configured', isNew: false });
    await expect(stat(join(cwd, 'data'))).rejects.toThrow('ENOENT');
  });

  it('says what to do with a file that holds none', async () => {
    await writeFile(join(cwd, 'dashboard-token'), '');
    await expect(ensureDashboardToken(cwd, undefined)).rejects.toMatchObject({ code: 'dashboard_token_unusable' });
  });
});

async function faultsOf(env: Record<string, string>) {
  const error = await loadFixerConfig(env, { cwd }).catch((thrown: unknown) => thrown);
  return (error as ConfigFault).faults;
}
