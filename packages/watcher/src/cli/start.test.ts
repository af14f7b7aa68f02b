import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCli } from './run-cli.testkit.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-'));
});
afterEach(() => rm(folder, { recursive: true }));

const start = (env: Record<string, string>) =>
  runCli(['start'], {
    cwd: folder,
    isStopped: true,
    env: { LOG_FILES: '*.log', RELAY_SECRET: '0123456789abcdef', PORT: '0', LOG_LEVEL: 'silent', ...env },
  });

it('says where the reports go without the password of that address', async () => {
  const { code, stderr } = await start({ FIXER_URL: 'http://bob:pass-in-url@127.0.0.1:9/fixer/' });
  expect(code).toBe(0);
  expect(stderr).toContain('Reports go to http://127.0.0.1:9/fixer.\n');
  expect(stderr).not.toMatch(/bob|pass-in-url/);
});
