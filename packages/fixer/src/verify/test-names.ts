// Names of failing and passing tests, read from what a test runner printed; null where its output is not understood.
import { readMarkedNames } from './marked-names.js';
import { readTapNames } from './tap-names.js';
import type { TestEntry } from './test-entry.js';

export interface TestNames {
  failed: string[];
  passed: string[];
}

/**
 * Reads standard output, else standard error (jest reports there). `folder` is taken out of names, because runners report a file
 * that fails to load by its absolute path. Names are unique: the second test of one name gets `(2)`.
 * Skipped and todo tests are in neither list: they do not fail a run and show nothing.
 */
export function readTestNames(stdout: string, stderr: string, folder: string): TestNames | null {
  for (const raw of [stdout, stderr]) {
    const text = stripStyles(raw).replaceAll('\r\n', '\n').replaceAll(`${folder}/`, '');
    const entries = readTapNames(text) ?? readMarkedNames(text);
    if (entries) return toNames(entries);
  }
  return null;
}

function toNames(entries: TestEntry[]): TestNames {
  const names: TestNames = { failed: [], passed: [] };
  const seen = new Map<string, number>();
  for (const { path, status } of entries) {
    const name = path.join(' > ');
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    if (status === 'failed' || status === 'passed') names[status].push(count === 1 ? name : `${name} (${count})`);
  }
  return names;
}

export function stripStyles(text: string): string {
  // eslint-disable-next-line no-control-regex -- terminal styles start with the escape character
  return text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '');
}
