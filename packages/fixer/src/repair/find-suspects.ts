// Finds commits that may have brought an error in: those that last changed the lines of its frames, before it was first seen.
import type { Incident } from '../domain/incident.js';
import { plainLine } from '../domain/plain-text.js';
import type { Repository } from '../ports/repository.js';
import type { LocatedFrame } from './locate-frames.js';

const [maxFrames, commitsPerFrame, linesAround, maxSuspects] = [4, 3, 3, 6];

/**
 * In words, those of the top frame first. `commit` is the one that failed or, when `isRelease` is false, the base in its place: then only
 * what is older than the error itself can be meant.
 */
export async function findSuspects(
  { frames, commit, isRelease }: { frames: readonly LocatedFrame[]; commit: string; isRelease: boolean },
  incident: Pick<Incident, 'firstSeenAt'>,
  repoPath: string,
  repository: Pick<Repository, 'lineHistory'>,
): Promise<string[]> {
  const places = distinct(frames.filter(({ isExact }) => isExact)).slice(0, maxFrames);
  const histories = await Promise.all(
    places.map(({ path, line }) => {
      const lines = { path, from: Math.max(1, line - linesAround), to: line + linesAround };
      // Near the end of a file there are fewer lines after the one that is meant.
      return repository
        .lineHistory(repoPath, commit, lines, commitsPerFrame)
        .then((found) =>
          found.length > 0
            ? found
            : repository.lineHistory(repoPath, commit, { path, from: line, to: line }, commitsPerFrame),
        );
    }),
  );
  const suspects = new Map<string, string>();
  for (const [index, { path, line }] of places.entries()) {
    for (const { id, at, subject } of histories[index] ?? []) {
      if (suspects.has(id) || (!isRelease && at > incident.firstSeenAt)) continue;
      const day = new Date(at).toISOString().slice(0, 10);
      suspects.set(id, `${id.slice(0, 12)} ${day} ${plainLine(subject)} (touched the lines around ${path}:${line})`);
    }
  }
  return [...suspects.values()].slice(0, maxSuspects);
}

function distinct(frames: readonly LocatedFrame[]): LocatedFrame[] {
  return [...new Map(frames.map((frame) => [`${frame.path}:${frame.line}`, frame])).values()];
}
