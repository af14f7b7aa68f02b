import { expect, it } from 'vitest';
import { containsFix } from './builds.js';

const merge = 'a'.repeat(40);
const later = 'c0ffee12'.repeat(5);
const names: Record<string, string> = {
  [later]: later,
  [later.slice(0, 8)]: later,
  'refs/tags/v1.2.0': later,
  'refs/tags/v1.1.0': 'b'.repeat(40),
  main: later,
  deadbeef: later,
};
const repository = {
  resolveCommit: (_repo: string, name: string) => Promise.resolve(names[name] ?? null),
  isAncestor: (_repo: string, ancestor: string, descendant: string) =>
    Promise.resolve(ancestor === merge && descendant === later),
};

it.each([
  ['a full commit id', later, 'yes'],
  ['an abbreviated one, in any case', 'C0FFEE12', 'yes'],
  ['what git describe says', 'v1.1.0-4-gc0ffee12', 'yes'],
  ['a tag', 'v1.2.0', 'yes'],
  ['a version whose tag starts with v', '1.2.0', 'yes'],
  ['a tag before the fix', '1.1.0', 'no'],
  ['a branch, which moves on', 'main', 'unknown'],
  ['a branch that looks like an id', 'deadbeef', 'unknown'],
  ['something else', 'build 17', 'unknown'],
  ['no release', null, 'unknown'],
])('reads %s', async (_, release, expected) => {
  expect(await containsFix(repository, '/repo', merge)(release)).toBe(expected);
});
