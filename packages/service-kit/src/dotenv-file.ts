// Lays a `.env` file under the environment: what the environment already sets wins.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'dotenv';
import type { EnvValues } from './env.js';
import { Fault } from './fault.js';

/** The environment with the values of `<folder>/.env` added, when there is such a file. Nothing global is changed. */
export async function withDotenv(env: EnvValues, folder: string): Promise<EnvValues> {
  const path = join(folder, '.env');
  try {
    return { ...parse(await readFile(path)), ...env };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return env;
    throw new Fault({
      code: 'dotenv_unreadable',
      message: `Cannot read ${path} (${(error as Error).message}).`,
      remedy: 'Make the file readable for this user or remove it.',
      cause: error,
    });
  }
}
