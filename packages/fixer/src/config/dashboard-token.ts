// The token of the web page and the API: configured, or made at the first start and kept where only this user can read it.
import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@levautofix/service-kit/fault';

export const dashboardTokenFile = 'dashboard-token';

export interface DashboardToken {
  token: string;
  /** True at the very first start, when it is to be shown once. */
  isNew: boolean;
}

export async function ensureDashboardToken(dataDir: string, configured: string | undefined): Promise<DashboardToken> {
  if (configured !== undefined) return { token: configured, isNew: false };
  const path = join(dataDir, dashboardTokenFile);
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    return await create(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(path, error);
  }
  const token = (await readFile(path, 'utf8').catch((error: unknown) => Promise.reject(unusable(path, error)))).trim();
  if (token.length < 16) throw unusable(path, new Error('it holds no token'));
  // Somebody may have copied it with wider rights.
  await chmod(path, 0o600);
  return { token, isNew: false };
}

async function create(path: string): Promise<DashboardToken> {
  const token = randomBytes(24).toString('base64url');
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${token}\n`, { mode: 0o600, flush: true });
  try {
    // Linking refuses a name that is taken: of two processes that start at once, one makes the token and the other reads it, whole.
    await link(draft, path);
  } finally {
    await unlink(draft);
  }
  return { token, isNew: true };
}

function unusable(path: string, cause: unknown): Fault {
  return new Fault({
    code: 'dashboard_token_unusable',
    message: `The token file ${path} cannot be used (${(cause as Error).message}).`,
    remedy: 'Set DASHBOARD_TOKEN, or remove the file to have a new token made.',
    cause,
  });
}
