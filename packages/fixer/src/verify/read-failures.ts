// Reads errors with their stack out of a test runner's output: which type, and through which files of the repository.

export interface Frame {
  /** Relative to the repository's root where it was run here. */
  file: string;
  /** Last part of the function's name; null for one without. */
  within: string | null;
}

export interface SeenError {
  /** Null when frames stand without a heading. */
  type: string | null;
  message: string;
  frames: Frame[];
  /** Files of the repository on the stack, innermost first, relative to its root; neither modules nor the runtime. */
  files: string[];
}

const styles = {
  /** `at total (/box/src/cart.js:3:5)`, `at file:///box/a.js:1:2`, and commented so in TAP. */
  plain: /^\s*(?:#\s*)?at (?:(.*?) \()?(?:file:\/\/)?([^\s()]+?):\d+(?::\d+)?\)?(?: \{)?$/,
  /** `❯ total src/cart.ts:3:5` of vitest. */
  vitest: /^\s*❯ (?:(.*?) )?([^\s:]+):\d+:\d+$/,
};
const heading =
  /^\s*(?:#\s*)?(?:(?:Uncaught|Unhandled|cause:|\[cause\]:|actual:|error:)\s+)?([A-Z]\w*(?:Error|Exception|Fault|Failure)|Error)(?: \[[\w.]+\])?(?::|\s*\{?\s*$)/;

/** `folder` is where the commit was checked; `knownType` is also taken for a heading where its name does not end in Error. */
export function readFailures(output: string, folder: string, knownType?: string): SeenError[] {
  const errors: SeenError[] = [];
  let current: SeenError | null = null;
  for (const line of output.split('\n')) {
    const frame = readFrame(line);
    if (frame) {
      if (!current) errors.push((current = { type: null, message: '', frames: [], files: [] }));
      const file = relativeFile(frame.file, folder);
      if (file !== null) {
        current.files.push(file);
        current.frames.push({ file, within: frame.within });
      }
      continue;
    }
    const type =
      heading.exec(line)?.[1] ?? (knownType && line.trim().startsWith(`${knownType}:`) ? knownType : undefined);
    const message = type === undefined ? '' : line.slice(line.indexOf(type) + type.length).replace(/^[^:]*: ?/, '');
    if (type !== undefined) errors.push((current = { type, message, frames: [], files: [] }));
  }
  return errors.filter(({ files }) => files.length > 0);
}

function relativeFile(path: string, folder: string): string | null {
  const file = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path.replace(/^\.\//, '');
  return /^(?:\/|node:|\.\.\/|<)|(?:^|\/)node_modules\//.test(file) || !file.includes('.') ? null : file;
}

function readFrame(line: string): Frame | null {
  const [, name, file] = styles.plain.exec(line) ?? styles.vitest.exec(line) ?? [];
  return file === undefined ? null : { file, within: functionName(name) };
}

/** `total` of `async Order.total [as sum]`. */
function functionName(name: string | undefined): string | null {
  const plain = (name ?? '').replace(/^(?:async|new) /, '').replace(/ \[as .*\]$/, '');
  return (
    plain
      .split('.')
      .at(-1)
      ?.replace(/^<anonymous>$/, '') || null
  );
}

/** Frames of a reported stack, those of modules and of the runtime apart. */
export function reportedFrames(stack: readonly string[]): Frame[] {
  return stack.flatMap((line) => {
    const file = /\(?(?:file:\/\/)?([^\s()]+\.\w+):\d+(?::\d+)?\)?\s*$/.exec(line)?.[1];
    const frame = readFrame(line) ?? (file === undefined ? null : { file, within: null });
    return frame && !/^node:|(?:^|\/)node_modules\//.test(frame.file) ? [frame] : [];
  });
}
