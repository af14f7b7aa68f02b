// Reads file and line out of stack frames, and finds the file of the repository that a deployed path stands for.

export interface Frame {
  /** As logged: absolute on the machine that ran it. */
  path: string;
  /** 1-based. */
  line: number;
  /** 1-based; null when the frame does not say. */
  column: number | null;
}

const shapes = [
  // at discount (file:///srv/shop/src/orders.js:12:5), at C:\app\src\a.js:1:2, at async /srv/a.ts:3:4
  /(?:\(|\s|^)(?:file:\/\/)?((?:\/|[A-Za-z]:\\|\.{0,2}\/|[\w@.-]+\/)[^():*?"<>|]*?\.\w{1,5}):(\d+)(?::(\d+))?\)?\s*$/,
  // File "/srv/app/main.py", line 3
  /File "([^"]+)", line (\d+)/,
];

export function readFrames(stack: readonly string[]): Frame[] {
  return stack.flatMap((entry) => {
    for (const shape of shapes) {
      const match = shape.exec(entry.trimEnd().slice(0, 2_000));
      if (!match?.[1] || !match[2]) continue;
      const column = match[3] === undefined ? null : Number(match[3]);
      return [{ path: match[1].replaceAll('\\', '/'), line: Number(match[2]), column }];
    }
    return [];
  });
}

const buildFolder = /(^|\/)(?:dist|build|out|lib|\.next|target)\//;

/** The longest tail of `path` that is a file of the repository; compiled files lead to their source. Null when it is not ours. */
export function locateInRepository(path: string, files: ReadonlySet<string>): string | null {
  for (const tail of tailsOf(path)) {
    for (const candidate of [tail, ...sourceCandidates(tail)]) if (files.has(candidate)) return candidate;
  }
  return null;
}

/** The repository's own source map for the compiled file that stands at `path`, under its usual name; null when there is none. */
export function locateSourceMap(path: string, files: ReadonlySet<string>): string | null {
  return (
    tailsOf(path)
      .find((tail) => files.has(`${tail}.map`))
      ?.concat('.map') ?? null
  );
}

function tailsOf(path: string): string[] {
  if (/(?:^|\/)node_modules\//.test(path) || path.startsWith('node:')) return [];
  const parts = path.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  return parts.map((_, start) => parts.slice(start).join('/'));
}

function sourceCandidates(path: string): string[] {
  const [, stem, extension] = /^(.*)\.([cm]?jsx?)$/.exec(path) ?? [];
  if (stem === undefined || extension === undefined) return [];
  const typed = [extension.replace('js', 'ts'), ...(extension === 'js' ? ['tsx', 'jsx'] : [])];
  const stems = buildFolder.test(stem)
    ? [stem.replace(buildFolder, '$1src/'), stem.replace(buildFolder, '$1')]
    : [stem];
  return stems.flatMap((name) => [...typed, extension].map((ending) => `${name}.${ending}`));
}
