// What the failing code depends on: the package.json nearest to it, at the commit that failed.
import { posix } from 'node:path';
import { parseObject } from '../domain/json-object.js';
import type { FileReader } from './locate-frames.js';

const maxDependencies = 80;

/** Lines such as `express ^5.3.0`; empty when there is no package.json, or none that can be read. */
export async function readDependencies(
  codePath: string | undefined,
  files: ReadonlySet<string>,
  reader: Pick<FileReader, 'readFile'>,
): Promise<string[]> {
  const path = nearestPackage(codePath ?? '', files);
  const text = path === null ? null : await reader.readFile(path);
  if (text === null) return [];
  const { dependencies, optionalDependencies, peerDependencies, engines } = parseObject(text) ?? {};
  const entries = [dependencies, optionalDependencies, peerDependencies].flatMap((group) => pairs(group));
  const lines = [...new Set(entries.map(([name, range]) => `${name} ${range}`))].slice(0, maxDependencies);
  return [...pairs(engines).map(([name, range]) => `engine ${name} ${range}`), ...lines];
}

function nearestPackage(codePath: string, files: ReadonlySet<string>): string | null {
  for (let folder = posix.dirname(codePath); ; folder = posix.dirname(folder)) {
    const path = posix.join(folder, 'package.json');
    if (files.has(path)) return path;
    if (folder === '.' || folder === '/' || folder === '') return null;
  }
}

function pairs(group: unknown): [string, string][] {
  if (typeof group !== 'object' || group === null) return [];
  return Object.entries(group).flatMap(([name, range]) => (typeof range === 'string' ? [[name, range]] : []));
}
