// Reads errors with their stack out of a test runner's output: which type, and through which files of the repository.

export interface SeenError {
  /** Null when frames stand without a heading. */
  type: string | null;
  /** Files of the repository on the stack, innermost first, relative to its root; neither modules nor the runtime. */
  files: string[];
}

const styles = {
  /** `at total (/work/src/cart.js:3:5)`, `at file:///work/a.js:1:2`, and commented so in TAP. */
  plain: /^\s*(?:#\s*)?at (?:.*? \()?(?:file:\/\/)?([^\s()]+?):\d+(?::\d+)?\)?(?: \{)?$/,
  /** `❯ total src/cart.ts:3:5` of vitest. */
  vitest: /^\s*❯ (?:.*? )?([^\s:]+):\d+:\d+$/,
};
const heading =
  /^\s*(?:#\s*)?(?:(?:Uncaught|Unhandled|cause:|\[cause\]:|actual:|error:)\s+)?([A-Z]\w*(?:Error|Exception|Fault|Failure)|Error)(?: \[[\w.]+\])?(?::|\s*\{?\s*$)/;

/** `folder` is where the commit was checked; `knownType` is also taken for a heading where its name does not end in Error. */
export function readFailures(output: string, folder: string, knownType?: string): SeenError[] {
  const errors: SeenError[] = [];
  let current: SeenError | null = null;
  for (const line of output.split('\n')) {
    const path = styles.plain.exec(line)?.[1] ?? styles.vitest.exec(line)?.[1];
    if (path !== undefined) {
      if (!current) errors.push((current = { type: null, files: [] }));
      const file = relativeFile(path, folder);
      if (file !== null) current.files.push(file);
      continue;
    }
    const type =
      heading.exec(line)?.[1] ?? (knownType && line.trim().startsWith(`${knownType}:`) ? knownType : undefined);
    if (type !== undefined) errors.push((current = { type, files: [] }));
  }
  return errors.filter(({ files }) => files.length > 0);
}

function relativeFile(path: string, folder: string): string | null {
  const file = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path.replace(/^\.\//, '');
  return /^(?:\/|node:|\.\.\/|<)|(?:^|\/)node_modules\//.test(file) || !file.includes('.') ? null : file;
}

/** Paths named in the frames of a reported stack, which come from another machine. */
export function reportedPaths(stack: readonly string[]): string[] {
  return stack.flatMap((line) => {
    const path = styles.plain.exec(line)?.[1] ?? /\(?(?:file:\/\/)?([^\s()]+\.\w+):\d+(?::\d+)?\)?\s*$/.exec(line)?.[1];
    return path === undefined || /^node:|(?:^|\/)node_modules\//.test(path) ? [] : [path];
  });
}
