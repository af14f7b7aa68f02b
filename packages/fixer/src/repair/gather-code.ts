// Gathers the code a repair starts from: around each in-app frame at the base commit, what that imports, and what lies beside it.
import { posix } from 'node:path';
import { locateInRepository, readFrames } from './stack-frames.js';

/** Files of the repository at one commit. */
export interface FileReader {
  listFiles(): Promise<readonly string[]>;
  /** Null when there is no such file. */
  readFile(path: string): Promise<string | null>;
}

export interface Excerpt {
  path: string;
  /** 1-based line of the first line of `text`. */
  startLine: number;
  text: string;
  /** Lines that frames of the stack name. */
  frameLines: number[];
}

export interface GatheredCode {
  /** The code around the frames, top frame first. */
  excerpts: Excerpt[];
  /** Beginnings of the files that those import. */
  imports: Excerpt[];
  /** Paths beside the excerpts, and the tests that are there. */
  nearby: string[];
}

const [maxFrames, contextLines, maxImports, importLines, maxNearby] = [6, 30, 6, 120, 80];

export async function gatherCode(stack: readonly string[], reader: FileReader): Promise<GatheredCode> {
  const files = new Set(await reader.listFiles());
  const lines = new Map<string, number[]>();
  for (const frame of readFrames(stack)) {
    const path = locateInRepository(frame.path, files);
    if (path === null || (lines.size >= maxFrames && !lines.has(path))) continue;
    lines.set(path, [...(lines.get(path) ?? []), frame.line]);
  }

  const excerpts: Excerpt[] = [];
  const imported = new Set<string>();
  for (const [path, frameLines] of lines) {
    const source = await reader.readFile(path);
    if (source === null) continue;
    excerpts.push(...excerptsAround(path, source, frameLines));
    for (const name of findImports(source)) {
      const target = resolveImport(path, name, files);
      if (target !== null && !lines.has(target)) imported.add(target);
    }
  }

  const imports: Excerpt[] = [];
  for (const path of [...imported].slice(0, maxImports)) {
    const source = await reader.readFile(path);
    if (source !== null)
      imports.push({ path, startLine: 1, text: source.split('\n').slice(0, importLines).join('\n'), frameLines: [] });
  }
  return { excerpts, imports, nearby: listNearby([...lines.keys()], [...files]) };
}

/** A short file whole; of a long one the lines around its frames, with overlapping parts joined. */
function excerptsAround(path: string, source: string, frameLines: number[]): Excerpt[] {
  const all = source.split('\n');
  if (all.length <= 4 * contextLines) return [{ path, startLine: 1, text: source, frameLines }];
  const parts: { from: number; to: number; frameLines: number[] }[] = [];
  for (const line of [...frameLines].sort((a, b) => a - b)) {
    const [from, to] = [Math.max(1, line - contextLines), Math.min(all.length, line + contextLines)];
    const last = parts.at(-1);
    if (last && from <= last.to + 1) [last.to, last.frameLines] = [to, [...last.frameLines, line]];
    else if (from <= to) parts.push({ from, to, frameLines: [line] });
  }
  return parts.map((part) => ({
    path,
    startLine: part.from,
    text: all.slice(part.from - 1, part.to).join('\n'),
    frameLines: part.frameLines,
  }));
}

function findImports(source: string): string[] {
  return [...source.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)['"](\.{1,2}\/[^'"\n]+)['"]/g)].flatMap(
    (match) => match[1] ?? [],
  );
}

function resolveImport(from: string, name: string, files: ReadonlySet<string>): string | null {
  const target = posix.join(posix.dirname(from), name);
  const stem = target.replace(/\.[cm]?jsx?$/, '');
  const endings = ['.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs', '.jsx', '.json', '/index.ts', '/index.js'];
  return (
    [target, ...endings.flatMap((ending) => [stem + ending, target + ending])].find((path) => files.has(path)) ?? null
  );
}

function listNearby(paths: string[], files: string[]): string[] {
  const folders = new Set(paths.map((path) => posix.dirname(path)));
  const beside = files.filter((file) => folders.has(posix.dirname(file)));
  const tests = files.filter((file) => /(?:^|\/)(?:tests?|__tests__|spec)\/|\.(?:test|spec)\.\w+$/.test(file));
  return [...new Set([...beside, ...tests, ...(files.includes('package.json') ? ['package.json'] : [])])].slice(
    0,
    maxNearby,
  );
}
