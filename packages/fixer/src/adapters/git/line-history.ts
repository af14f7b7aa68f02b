// Finds the commits that last changed some lines of a file, as seen from one commit.
import { Fault } from '@levautofix/service-kit/fault';
import type { LineCommit } from '../../ports/repository.js';
import type { OpenRepository } from './open-repository.js';

/** Following lines through a long history may take a minute; nobody waits that long for a guess. */
const timeoutMs = 5_000;

export async function lineHistory(
  repo: OpenRepository,
  commit: string,
  { path, from, to }: { path: string; from: number; to: number },
  limit: number,
): Promise<LineCommit[]> {
  const format = '--format=%H%x00%ct%x00%s';
  const args = ['log', '-L', `${from},${to}:${path}`, '--no-patch', '-n', String(limit), format, commit, '--'];
  try {
    return await repo.withLens(async (lens) => {
      // Refused when the file is not there or has fewer lines.
      const log = await lens.run(args, { isAllowedToFail: true, timeoutMs });
      if (log.exitCode !== 0) return [];
      return log.stdout
        .toString()
        .split('\n')
        .flatMap((line) => {
          const [id, seconds, subject] = line.split('\0');
          return id && seconds && subject !== undefined ? [{ id, at: Number(seconds) * 1_000, subject }] : [];
        });
    });
  } catch (error) {
    if (error instanceof Fault && error.code === 'git_timeout') return [];
    throw error;
  }
}
