// Gathers the code a repair starts from: around each in-app frame at the base commit, what that imports, and what lies beside it.
import { posix } from 'node:path';
import { locateFrames, type FileReader, type LocatedFrame } from './locate-frames.js';
import { readDependencies } from './read-dependencies.js';

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
  /** Of the package that the top frame belongs to: name and version range. */
  dependencies: string[];
  /** The places that the stack names in the repository, top frame first. */
  frames: LocatedFrame[];
}

const [maxFrames, contextLines, maxImports, importLines, maxNearby] = [6, 30, 6, 120, 80];

export async function gatherCode(stack: readonly string[], reader: FileReader): Promise<GatheredCode> {
  const files = new Set(await reader.listFiles());
  const frames = await locateFrames(stack, files, reader);
  const lines = new Map<string, LocatedFrame[]>();
  for (const frame of frames) {
    if (lines.size >= maxFrames && !lines.has(frame.path)) continue;
    lines.set(frame.path, [...(lines.get(frame.path) ?? []), frame]);
  }

  const excerpts: Excerpt[] = [];
  const imported = new Set<string>();
  const sources = await readAll([...lines.keys()], reader);
  for (const [path, framesHere] of lines) {
    const source = sources.get(path);
    if (source === undefined) continue;
    excerpts.push(...excerptsAround(path, source, framesHere));
    for (const name of findImports(source)) {
      const target = resolveImport(path, name, files);
      if (target !== null && !lines.has(target)) imported.add(target);
    }
  }

  const [importSources, dependencies] = await Promise.all([
    readAll([...imported].slice(0, maxImports), reader),
    readDependencies(frames[0]?.path, files, reader),
  ]);
  const imports = [...importSources].map(([path, source]) => ({
    ...{ path, startLine: 1, frameLines: [] },
    text: source.split('\n').slice(0, importLines).join('\n'),
  }));
  return {
    excerpts,
    imports,
    nearby: listNearby([...lines.keys()], [...files]),
    dependencies,
    frames,
  };
}

/** In the order asked for; what is not there is left out. */
async function readAll(paths: readonly string[], reader: Pick<FileReader, 'readFile'>): Promise<Map<string, string>> {
  const read = await Promise.all(paths.map(async (path) => [path, await reader.readFile(path)] as const));
  return new Map(read.flatMap(([path, source]) => (source === null ? [] : [[path, source]])));
}

/** A short file whole; of a long one the lines around its frames, with overlapping parts joined. */
function excerptsAround(path: string, source: string, frames: readonly LocatedFrame[]): Excerpt[] {
  const all = source.split('\n');
  const marked = (lines: number[]) => lines.filter((line) => frames.some((one) => one.line === line && one.isExact));
  const frameLines = frames.map(({ line }) => line);
  if (all.length <= 4 * contextLines) return [{ path, startLine: 1, text: source, frameLines: marked(frameLines) }];
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
    frameLines: marked(part.frameLines),
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
