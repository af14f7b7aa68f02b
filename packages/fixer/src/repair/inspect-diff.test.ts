// The diff policy against good and bad patches: no false refusal, no false pass.
import { describe, expect, test } from 'vitest';
import type { Change, ChangedFile } from '../domain/change.js';
import { inspectDiff } from './inspect-diff.js';
import { disguisedPatches } from './disguised-patches.testkit.js';
import { naturalPatches } from './natural-patches.testkit.js';
import { badPatches, baseFiles, type Files, goodPatches, type SamplePatch } from './sample-patches.testkit.js';

const secrets = { scan: () => Promise.resolve([]) };

function inspect({ base = {}, fix }: Pick<SamplePatch, 'base' | 'fix'>, more: Partial<ChangedFile> = {}) {
  const before: Files = { ...baseFiles, ...base };
  const after: Files = { ...before, ...fix };
  const files = Object.keys(fix).filter((path) => before[path] !== after[path]);
  const change: Change = {
    files: files.map((path) => {
      const kind = before[path] == null ? 'added' : after[path] == null ? 'deleted' : 'modified';
      return {
        path,
        oldPath: null,
        kind,
        mode: kind === 'deleted' ? '000000' : '100644',
        linesAdded: 1,
        linesDeleted: 1,
        isBinary: false,
        ...more,
      };
    }),
    linesAdded: files.length,
    linesDeleted: 0,
    diff: '',
  };
  return inspectDiff({
    change,
    readFile: (side, path) => Promise.resolve((side === 'base' ? before : after)[path] ?? null),
    protectedPaths: [],
    secrets,
  });
}

test('there are enough samples to mean something', () => {
  expect(goodPatches.length).toBeGreaterThanOrEqual(40);
  expect(badPatches.length).toBeGreaterThanOrEqual(60);
});

describe('passes', () => {
  test.each(goodPatches)('$name', async (patch) => {
    const { refusals, flags } = await inspect(patch);
    expect(refusals).toEqual([]);
    if (patch.flagged !== undefined) expect(flags.map(({ kind }) => kind)).toContain(patch.flagged);
  });
});

describe('passes what engineers write', () => {
  test.each(naturalPatches)('$name', async (patch) => {
    expect((await inspect(patch)).refusals).toEqual([]);
  });
});

describe('refuses', () => {
  test.each([...badPatches, ...disguisedPatches])('$name', async (patch) => {
    const { refusals } = await inspect(patch);
    expect(refusals.map(({ kind }) => kind)).toContain(patch.refused);
    for (const { file, note } of refusals) expect([file, note].every((text) => text.length > 0)).toBe(true);
  });
});

test('what was there before is not the change’s fault', async () => {
  const old = "try { f(); } catch {}\nif (process.env.VITEST) process.exit(0);\nconsole.log('\u200b');\n";
  const { refusals } = await inspect({
    base: { 'src/old.js': old },
    fix: { 'src/old.js': `${old}export const a = 1;\n` },
  });
  expect(refusals).toEqual([]);
});

test.each([
  ['/etc/passwd', 'link'],
  ['../../outside', 'link'],
  ['..\\outside', 'link'],
  ['../.git/config', 'link'],
])('a link to %s is refused', async (target, kind) => {
  const { refusals } = await inspect({ fix: { 'src/link': target } }, { mode: '120000' });
  expect(refusals.map((flag) => flag.kind)).toEqual([kind]);
});

test('a link inside, a program, a binary and a large change are shown', async () => {
  expect(
    (await inspect({ fix: { 'src/link': '../test/helper.js' } }, { mode: '120000' })).flags.map(({ kind }) => kind),
  ).toEqual(['link']);
  expect((await inspect({ fix: { 'run.sh': 'true\n' } }, { mode: '100755' })).flags.map(({ kind }) => kind)).toEqual([
    'mode',
  ]);
  expect((await inspect({ fix: { 'a.bin': 'x' } }, { isBinary: true })).flags.map(({ kind }) => kind)).toEqual([
    'binary',
  ]);
  const many = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`src/f${index}.js`, 'export {};\n']));
  expect((await inspect({ fix: many })).flags.map(({ kind }) => kind)).toEqual(['large_change']);
});

test.each(['\u200b', '\u202e', 'x\ufe00\ufe01', '☀\ufe0f\ufe0f', '\u180b'])(
  'a line with characters nobody sees is refused: %j',
  async (text) => {
    const { refusals } = await inspect({ fix: { 'src/a.js': `export const a = '${text}';\n` } });
    expect(refusals.map(({ kind }) => kind)).toEqual(['hidden_character']);
  },
);

test.each(['☀\ufe0f', '1\ufe0f\u20e3', '👩\u200d👧'])('an emoji is not refused: %s', async (text) => {
  const { refusals } = await inspect({ fix: { 'src/a.js': `export const a = '${text}';\n` } });
  expect(refusals).toEqual([]);
});

test('a submodule is refused', async () => {
  expect((await inspect({ fix: { sub: 'x' } }, { mode: '160000' })).refusals.map(({ kind }) => kind)).toEqual([
    'submodule',
  ]);
});

test('a test file that is renamed away is refused', async () => {
  const { refusals } = await inspect(
    { fix: { 'attic/orders.js': 'x' } },
    { kind: 'renamed', oldPath: 'test/orders.test.js' },
  );
  expect(refusals.map(({ kind }) => kind)).toEqual(['test_renamed']);
});

test('a refusal names the line', async () => {
  const { refusals } = await inspect({ fix: { 'src/a.js': 'export const a = 1;\ntry {\n  f();\n} catch {}\n' } });
  expect(refusals).toEqual([expect.objectContaining({ file: 'src/a.js', line: 4 })]);
});
