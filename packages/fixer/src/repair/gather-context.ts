// Gathers what a repair should know of the failing code: at the commit that failed, where the release names one, else at the base.
import type { Incident } from '../domain/incident.js';
import { resolveFailingRelease } from '../domain/resolve-release.js';
import type { Repository } from '../ports/repository.js';
import { findSuspects } from './find-suspects.js';
import { gatherCode, type GatheredCode } from './gather-code.js';
import { recallFixes, type FixMemory, type PastFix } from './recall-fixes.js';

export interface GatheredContext {
  code: GatheredCode;
  /** The commit that failed when it is known and not the base, so that the folder holds other code than is shown. */
  failingCommit: string | null;
  /** Commits that may have brought the error in, in words. */
  suspects: string[];
  pastFixes: PastFix[];
}

export type ContextRepository = Pick<Repository, 'listFiles' | 'readFile' | 'resolveCommit' | 'lineHistory'>;

export async function gatherContext(
  incident: Incident,
  { repoPath, baseCommit }: { repoPath: string; baseCommit: string },
  { repository, memory }: { repository: ContextRepository; memory: FixMemory | null },
): Promise<GatheredContext> {
  const release = await resolveFailingRelease(incident, (name) => repository.resolveCommit(repoPath, name));
  const commit = release ?? baseCommit;
  const code = await gatherCode(incident.error.stack, {
    listFiles: () => repository.listFiles(repoPath, commit),
    readFile: (path) => repository.readFile(repoPath, commit, path),
  });
  const seen = { frames: code.frames, commit, isRelease: release !== null };
  const [suspects, pastFixes] = await Promise.all([
    findSuspects(seen, incident, repoPath, repository),
    memory === null ? [] : recallFixes(incident, [...new Set(code.frames.map(({ path }) => path))], memory),
  ]);
  return { code, failingCommit: release === null || release === baseCommit ? null : release, suspects, pastFixes };
}
