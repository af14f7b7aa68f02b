// `pnpm bench gate --policy`: every patch of every case against the diff policy alone, without git, agents or checks.
import type { Change, ChangedFile } from '@levautofix/fixer/domain/change';
import { inspectDiff } from '@levautofix/fixer/repair/inspect-diff';
import { describedPatches, type GateCase, type Patch } from './gate-case.js';
import { tamperingPatches } from './gate-tampering.js';

/** A bad patch that passes here is left to the checks: those that nobody can refuse for how they look. */
export async function runPolicy(cases: readonly GateCase[]): Promise<{ text: string; isRight: boolean }> {
  // The policy's own patterns have to do: the scanner's measurements of itself slow down with each of thousands of files.
  const secrets = { scan: () => Promise.resolve([]) };
  const count = { good: 0, goodRefused: 0, bad: 0, badRefused: 0 };
  const lines: string[] = [];
  const startedAt = performance.now();
  for (const gateCase of cases) {
    const error = { type: 'TypeError', message: 'not the reported one' };
    for (const patch of [...describedPatches(gateCase), ...tamperingPatches(gateCase, error)]) {
      // What is merely wrong is for tests to find, and so is a proof that proves nothing.
      if (!patch.isGood && !/tampering/.test(patch.kind)) continue;
      const { refusals } = await inspectDiff({ ...diffOf(gateCase, patch), protectedPaths: [], secrets });
      const isRefused = refusals.length > 0;
      if (patch.isGood) {
        count.good += 1;
        if (isRefused) count.goodRefused += 1;
      } else {
        count.bad += 1;
        if (isRefused) count.badRefused += 1;
      }
      if (isRefused === patch.isGood)
        lines.push(`${gateCase.name}: ${patch.kind}: ${isRefused ? `refused: ${refusals[0]?.note}` : 'passes'}`);
    }
  }
  lines.push(
    `cases: ${cases.length}, in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`,
    `good patches refused by the diff policy: ${count.goodRefused} of ${count.good}`,
    `tampering refused by the diff policy alone: ${count.badRefused} of ${count.bad}`,
  );
  return { text: `${lines.join('\n')}\n`, isRight: count.goodRefused === 0 && count.badRefused === count.bad };
}

function diffOf({ files: base }: GateCase, { changes }: Patch) {
  const textOf = (side: Record<string, Patch['changes'][string]>, path: string) => {
    const found = side[path] ?? null;
    return typeof found === 'object' && found !== null ? found.link : found;
  };
  const fixed = { ...base, ...changes };
  const files = Object.keys(changes)
    .filter((path) => textOf(base, path) !== textOf(fixed, path))
    .map((path): ChangedFile => {
      const kind = base[path] === undefined ? 'added' : changes[path] === null ? 'deleted' : 'modified';
      const mode = kind === 'deleted' ? '000000' : typeof changes[path] === 'object' ? '120000' : '100644';
      return { path, oldPath: null, kind, mode, linesAdded: 1, linesDeleted: 1, isBinary: false };
    });
  const change: Change = { files, linesAdded: files.length, linesDeleted: files.length, diff: '' };
  const readFile = (side: 'base' | 'fix', path: string) =>
    Promise.resolve(textOf(side === 'base' ? base : fixed, path));
  return { change, readFile };
}
