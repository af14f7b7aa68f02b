// What a repair is told of the failing code: at which commit it is read, through which map, and what is only a guess.
import ts from 'typescript';
import { expect, test } from 'vitest';
import type { Fix } from '../domain/fix.js';
import type { Incident } from '../domain/incident.js';
import type { Job } from '../domain/job.js';
import type { LineCommit } from '../ports/repository.js';
import { gatherContext, type ContextRepository } from './gather-context.js';

const place = { repoPath: '/r', baseCommit: 'base' };
const error = { type: 'TypeError', message: 'no', stack: ['    at f (/srv/shop/src/a.js:2:3)'] };
const incident = {
  id: 'i',
  service: 'shop',
  release: null,
  sightings: [],
  firstSeenAt: 1_000_000,
  error,
} as unknown as Incident;
const sighting = { release: 'v1', environment: '', count: 1, firstSeenAt: 1_000_000, lastSeenAt: 1_000_000 };

function repositoryOf(
  commits: Record<string, Record<string, string>>,
  history: Record<string, LineCommit[]> = {},
  releases: Record<string, string> = {},
) {
  const asked: string[] = [];
  const repository: ContextRepository = {
    listFiles: (_repo, commit) => Promise.resolve(Object.keys(commits[commit] ?? {})),
    readFile: (_repo, commit, path) => Promise.resolve(commits[commit]?.[path] ?? null),
    resolveCommit: (_repo, name) => Promise.resolve(releases[name] ?? null),
    lineHistory: (_repo, commit, { path, from, to }, limit) => {
      asked.push(`${commit} ${path}:${from}-${to}`);
      return Promise.resolve((history[path] ?? []).slice(0, limit));
    },
  };
  return { repository, asked };
}

const gather = (repository: ContextRepository, more: Partial<Incident> = {}) =>
  gatherContext({ ...incident, ...more }, place, { repository, memory: null });

test('code is read at the release of the stack, not at the newest one, and at the base when no release is known', async () => {
  const commits = { base: { 'src/a.js': 'new' }, c1: { 'src/a.js': 'old' }, c2: { 'src/a.js': 'newer' } };
  const { repository, asked } = repositoryOf(commits, {}, { 'refs/tags/v1': 'c1', 'refs/tags/v2': 'c2', main: 'c2' });
  const failing = await gather(repository, { release: 'v2', sightings: [sighting] });
  expect(failing.failingCommit).toBe('c1');
  expect(failing.code.excerpts[0]?.text).toBe('old');
  expect(asked[0]).toBe('c1 src/a.js:1-5');
  // A branch is no release: it has moved since.
  for (const release of ['2026-11-21-nightly', 'main', null]) {
    const unknown = await gather(repository, { release });
    expect(unknown.failingCommit).toBeNull();
    expect(unknown.code.excerpts[0]?.text).toBe('new');
  }
  const atBase = repositoryOf(commits, {}, { 'refs/tags/v1': 'base' });
  expect((await gather(atBase.repository, { sightings: [sighting] })).failingCommit).toBeNull();
});

test('suspects are the commits of the lines; without a release only those that are older than the error', async () => {
  const history = {
    'src/a.js': [
      { id: 'b'.repeat(40), at: 1_000_001, subject: 'Later\u202e' },
      { id: 'd'.repeat(40), at: 500_000, subject: 'Earlier' },
    ],
  };
  const files = { 'src/a.js': '1\n2\n3' };
  const { repository } = repositoryOf({ base: files, c1: files }, history, { 'refs/tags/v1': 'c1' });
  expect((await gather(repository)).suspects).toEqual([
    'dddddddddddd 1970-01-01 Earlier (touched the lines around src/a.js:2)',
  ]);
  expect((await gather(repository, { sightings: [sighting] })).suspects).toEqual([
    'bbbbbbbbbbbb 1970-01-01 Later<U+202E> (touched the lines around src/a.js:2)',
    'dddddddddddd 1970-01-01 Earlier (touched the lines around src/a.js:2)',
  ]);
});

test('a compiled frame is led back by its source map; without one its lines are not marked', async () => {
  const source = `interface Order {\n  id: string;\n}\n\nexport function f(order: Order) {\n  return order.id.length;\n}\n`;
  const { outputText, sourceMapText } = ts.transpileModule(source, {
    compilerOptions: { sourceMap: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    fileName: 'a.ts',
  });
  const map = JSON.stringify({ ...(JSON.parse(sourceMapText ?? '') as object), sources: ['../src/a.ts'] });
  const line = outputText.split('\n').findIndex((text) => text.includes('order.id.length')) + 1;
  const stack = [`    at f (/srv/shop/dist/a.js:${line}:20)`];
  const compiled = { 'src/a.ts': source, 'dist/a.js': outputText, 'dist/a.js.map': map };
  const mapped = await gather(repositoryOf({ base: compiled }).repository, { error: { ...error, stack } });
  expect(line).toBe(2);
  expect(mapped.code.frames).toEqual([{ path: 'src/a.ts', line: 6, isExact: true }]);
  expect(mapped.code.excerpts[0]).toMatchObject({ path: 'src/a.ts', frameLines: [6] });

  const { repository, asked } = repositoryOf({ base: { 'src/a.ts': source } });
  const unmapped = await gather(repository, { error: { ...error, stack } });
  expect(unmapped.code.excerpts[0]).toMatchObject({ path: 'src/a.ts', frameLines: [] });
  expect(asked).toEqual([]);
  const broken = { ...compiled, 'dist/a.js.map': '{"version":3,"mappings":7}' };
  expect((await gather(repositoryOf({ base: broken }).repository, { error: { ...error, stack } })).code.frames).toEqual(
    [expect.objectContaining({ path: 'dist/a.js' })],
  );
});

test('dependencies are those of the package that the top frame belongs to', async () => {
  const files = {
    'packages/api/src/a.js': 'x',
    'packages/api/package.json': '{"engines":{"node":">=20"},"dependencies":{"express":"^5.3.0","bad":7}}',
    'package.json': '{"dependencies":{"other":"1.0.0"}}',
  };
  const stack = ['    at f (/srv/packages/api/src/a.js:1:1)'];
  const { code } = await gather(repositoryOf({ base: files }).repository, { error: { ...error, stack } });
  expect(code.dependencies).toEqual(['engine node >=20', 'express ^5.3.0']);
  const broken = repositoryOf({ base: { 'src/a.js': 'x', 'package.json': '{' } });
  expect((await gather(broken.repository)).code.dependencies).toEqual([]);
});

test('recalls fixes that were merged as they were and held, likest first, of this service alone', async () => {
  const fix = { jobId: '', mergedAt: 5, closedAt: null, handsOffAt: null, revertedAt: null, regressedAt: null };
  const past = (id: string, type: string, file: string, more: Partial<Fix> = {}, service = 'shop') => ({
    incident: { id, service, error: { type, message: id, stack: [] }, fixes: [{ ...fix, ...more, jobId: id }] },
    job: {
      change: { files: [{ path: file }], diff: `diff of ${id} ${'+'.repeat(5_000)}` },
      proposal: { rootCause: `cause of ${id}`, summary: `change of ${id}` },
    },
  });
  const all = [
    past('same type', 'TypeError', 'src/z.js'),
    past('same file', 'RangeError', 'src/a.js'),
    past('both', 'TypeError', 'src/a.js'),
    past('neither', 'RangeError', 'src/z.js'),
    past('reverted', 'TypeError', 'src/a.js', { revertedAt: 9 }),
    past('came back', 'TypeError', 'src/a.js', { regressedAt: 9 }),
    past('edited by a person', 'TypeError', 'src/a.js', { handsOffAt: 9 }),
    past('not merged', 'TypeError', 'src/a.js', { mergedAt: null }),
    past('elsewhere', 'TypeError', 'src/a.js', {}, 'billing'),
    past('i', 'TypeError', 'src/a.js'),
  ];
  const { repository } = repositoryOf({ base: { 'src/a.js': 'x' } });
  const { pastFixes } = await gatherContext(incident, place, {
    repository,
    memory: {
      incidents: {
        list: ({ state }) =>
          Promise.resolve({
            items: (state === 'resolved' ? all.map((one) => one.incident) : []) as unknown as Incident[],
            next: null,
          }),
      },
      jobs: { get: (id) => Promise.resolve((all.find((one) => one.incident.id === id)?.job ?? null) as Job | null) },
    },
  });
  expect(pastFixes.map((one) => one.error)).toEqual(['TypeError: both', 'RangeError: same file']);
  expect(pastFixes[0]).toMatchObject({ rootCause: 'cause of both', summary: 'change of both' });
  expect(pastFixes[0]?.diff.length).toBeLessThanOrEqual(1_500);
});
