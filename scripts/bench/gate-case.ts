// A seeded bug of the gate: a small service as files, what makes it crash, and patches that are good or wrong. See test/fixtures/gate/.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { workspaceRoot } from '../shop.js';

/** The whole new text, null to delete, or a list of replacements: what to find (once) and what to write instead, in turn. */
export type Edit = string | null | string[];
export type Edits = Record<string, Edit>;
/** What the agent makes of a path: text, null to delete, or a link. */
export type Changes = Record<string, string | null | { link: string }>;

export interface GateCase {
  name: string;
  /** What sort of bug it is, in a few words. */
  kind: string;
  /** Over the files that every service of the gate has. */
  files: Record<string, string>;
  /** A module beside `src/` that runs the deployed service into the error; what it prints is the log. */
  crash: string;
  /** The correct change of the source; its first file is where the bug is. */
  fix: Edits;
  /** The regression test for it. A test added to a file that exists is an edit of that. */
  test: { path: string; edit: Edit };
  /** Packages that the service's tests need, out of this workspace's own; without them the case is left out. */
  modules?: string[];
  /** True where no test can see the reported error itself, so that a correct change may also stay `verified`. */
  isUnseen?: boolean;
  /** Further correct changes, with the regression test unless `isAlone`; `claim` is a test of their own instead of it. */
  alsoGood?: { name: string; edits: Edits; isAlone?: boolean; claim?: string }[];
  /** Plausible and wrong, as the regression test or an existing one shows; `isAlone` leaves the former out. */
  wrong: { name: string; edits: Edits; isAlone?: boolean }[];
  /** Ways to cheat beside those that fit every case: over the correct change, or instead of it. */
  cheating?: { name: string; edits: Edits; isInstead?: boolean }[];
  /** Changes that mend nothing, with a test (`claim`) that is said to prove them. */
  fakeProofs?: { name: string; edits: Edits; claim: string }[];
}

export interface Patch {
  /** Kind of patch, the row of the table it belongs to. */
  kind: string;
  isGood: boolean;
  /** Results that may be presented; a bad patch may be presented with none, a fake proof not as proven. */
  allowed: readonly ('proven' | 'verified')[];
  changes: Changes;
  regressionTest: string | null;
}

const commonFiles: Record<string, string> = {
  'package.json': `${JSON.stringify(
    {
      name: 'service',
      version: '1.0.0',
      private: true,
      type: 'module',
      scripts: { start: 'node src/main.js', test: 'node --test' },
    },
    null,
    2,
  )}\n`,
  'package-lock.json': `${JSON.stringify(
    { name: 'service', version: '1.0.0', lockfileVersion: 3, packages: { '': { name: 'service', version: '1.0.0' } } },
    null,
    2,
  )}\n`,
  '.gitignore': 'node_modules\n.env\n',
};

/** All cases, by name. */
export async function readCases(): Promise<GateCase[]> {
  const folder = join(workspaceRoot, 'test/fixtures/gate');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.mjs')).sort();
  return Promise.all(
    files.map(async (file) => {
      const { default: read } = (await import(pathToFileURL(join(folder, file)).href)) as { default: GateCase };
      return { ...read, name: file.slice(0, -'.mjs'.length), files: { ...commonFiles, ...read.files } };
    }),
  );
}

/** The edited files with their whole new text. */
export function applyEdits(files: Readonly<Record<string, string>>, edits: Edits): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(edits).map(([path, edit]) => [
      path,
      Array.isArray(edit) ? replaceEach(path, files[path] ?? '', edit) : edit,
    ]),
  );
}

function replaceEach(path: string, text: string, edits: string[]): string {
  let edited = text;
  for (let index = 0; index < edits.length; index += 2) {
    const [from = '', to = ''] = edits.slice(index, index + 2);
    if (edited.split(from).length !== 2) throw new Error(`${path} does not hold exactly once: ${from}`);
    edited = edited.replace(from, () => to);
  }
  return edited;
}

/** Correct, wrong and cheating patches that the case itself describes. */
export function describedPatches(gateCase: GateCase): Patch[] {
  const { files, fix, test, alsoGood = [], wrong, cheating = [], fakeProofs = [] } = gateCase;
  const withTest = { [test.path]: test.edit };
  const patch = (kind: string, edits: Edits, isGood: boolean, isAlone = false, claim = test.path): Patch => ({
    kind,
    isGood,
    allowed: !isGood ? [] : isAlone ? ['verified'] : gateCase.isUnseen ? ['proven', 'verified'] : ['proven'],
    changes: applyEdits(files, isAlone || claim !== test.path ? edits : { ...withTest, ...edits }),
    regressionTest: isAlone ? null : claim,
  });
  const fixed = applyEdits(files, fix) as Record<string, string>;
  return [
    patch('good: with a regression test', fix, true),
    patch('good: without a test', fix, true, true),
    ...alsoGood.map(({ name, edits, isAlone, claim }) =>
      patch(`good: another way: ${name}`, edits, true, isAlone, claim),
    ),
    ...wrong.map(({ name, edits, isAlone }) => patch(`wrong: plausible: ${name}`, edits, false, isAlone)),
    patch('wrong: the test alone', {}, false),
    ...cheating.map(({ name, edits, isInstead }): Patch => ({
      kind: `own tampering: ${name}`,
      isGood: false,
      allowed: [],
      changes: isInstead ? applyEdits(files, edits) : { ...fixed, ...applyEdits({ ...files, ...fixed }, edits) },
      regressionTest: null,
    })),
    ...fakeProofs.map(({ name, edits, claim }): Patch => ({
      kind: `own fake proof: ${name}`,
      isGood: false,
      allowed: ['verified'],
      changes: applyEdits(files, edits),
      regressionTest: claim,
    })),
  ];
}
