import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withDotenv } from './dotenv-file.js';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'dotenv-'))));
afterAll(() => rm(folder, { recursive: true }));

it('lays .env under the environment', async () => {
  await writeFile(join(folder, '.env'), 'PORT=1\nHOST="0.0.0.0"\n');
  expect(await withDotenv({ PORT: '2' }, folder)).toEqual({ PORT: '2', HOST: '0.0.0.0' });
});

it('does without a .env', async () => {
  expect(await withDotenv({ PORT: '2' }, join(folder, 'elsewhere'))).toEqual({ PORT: '2' });
});
