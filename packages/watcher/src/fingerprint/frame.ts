// One line of a stack: where in the program it is, without what a deploy or another machine changes.
import { maxFrameLength } from '../domain/frame-length.js';
import type { StackFrame } from '../domain/stack-frame.js';

const forms: readonly RegExp[] = [
  /^at (?:async )?(?:new )?(?<name>.*?) \((?<file>.*?):(?<line>\d+)(?::(?<column>\d+))?\)?$/,
  /^at (?:async )?(?<file>\S.*?):(?<line>\d+):(?<column>\d+)\)?$/,
  /^at (?<name>[\w.$<>/]+)\((?<file>[^():]*)(?::(?<line>\d+))?\)/,
  /^at (?<name>.*?) in (?<file>.*):(?:line )?(?<line>\d+)$/,
  /^at (?:async )?(?:new )?(?<name>.*?)(?: \((?<file>[^()]*)\))?$/,
  /^File "(?<file>[^"]*)", line (?<line>\d+)(?:, in (?<name>.*))?$/,
  /^(?:from )?(?<file>\S.*?):(?<line>\d+):in [`'](?<name>.*)'$/,
  /^#\d+ +(?<file>\S.*?)\((?<line>\d+)\): (?<name>.*)$/,
  /^#\d+ +(?<name>.*) \((?<file>.*?):(?<line>\d+)(?::(?<column>\d+))?\)$/,
  /^(?<file>\S+\.(?:go|s|rs)):(?<line>\d+)/,
  /^\((?<name>[\w.]+)[^)]*\) (?<file>\S+):(?<line>\d+): /,
  /^(?<name>[\w.$<>/*]*)@(?<file>\S+?):(?<line>\d+):(?<column>\d+)$/,
];

export function readFrame(text: string): StackFrame | null {
  if (text.length > maxFrameLength) return null;
  for (const form of forms) {
    const groups = form.exec(text)?.groups;
    if (groups)
      return {
        name: groups.name ?? '',
        file: groups.file ?? '',
        line: Number(groups.line ?? 0),
        column: Number(groups.column ?? 0),
      };
  }
  return null;
}

/** Functions that carry a call on and never throw by themselves. */
const wrapper =
  /^(?:Generator\.(?:next|throw|<anonymous>)|__awaiter|asyncGeneratorStep|_next|_throw|fulfilled|rejected|step|tryCatch|tryCatcher|new Promise|(?:async )?Promise\.(?:all|allSettled|any|race).*|process\.(?:processTicksAndRejections|_tickCallback)|processTicksAndRejections|processImmediate.*|Immediate\..*|Array\.\w+|Object\.<anonymous>\.__awaiter)$/;
const foreignFile =
  /(?:^|[\\/])(?:node_modules|site-packages|dist-packages|gems|vendor|\.pnpm|\.yarn)[\\/]|^(?:node:|internal\/|bootstrap_node|dart:|native$|<anonymous>$|\[eval\]|\/usr\/(?:local\/)?(?:go|lib)\/)/;
/** Before `node:` the files of Node had a bare name: `events.js:96`. */
const bareFile = /^[\w-]+\.js$/;
const foreignPackage =
  /^(?:java|javax|jdk|sun|com\.sun|kotlin|kotlinx|scala|groovy|org\.(?:springframework|apache|hibernate|eclipse|junit|mortbay)|System|Microsoft)\./;

export function isInApp(frame: StackFrame): boolean {
  if (frame.file === '' || foreignFile.test(frame.file) || bareFile.test(frame.file)) return false;
  if (wrapper.test(frame.name) && /[<>]|^$/.test(frame.file)) return false;
  return !foreignPackage.test(frame.name);
}

export function isWrapper(frame: StackFrame): boolean {
  return (
    wrapper.test(frame.name) &&
    (frame.file === '' ||
      foreignFile.test(frame.file) ||
      /^_|^(?:fulfilled|rejected|step|asyncGen|tryCatch)/.test(frame.name))
  );
}

/** The part of a frame that is the same on the next machine and after the next deploy. */
export function frameKey(frame: StackFrame): string {
  const name = frame.name
    .replace(/ \[as .*\]$/, '')
    .replace(/\((?:0x[^)]*|\.\.\.|)\)$/, '')
    .replace(/0x[0-9a-f]+|\+0x[0-9a-f]+|\$\$?Lambda\S*|\d{3,}/gi, '#');
  return `${name}@${normaliseFile(frame.file)}`;
}

const sourceRoots = new Set([
  'src',
  'lib',
  'dist',
  'build',
  'out',
  'output',
  'server',
  'packages',
  'apps',
  'services',
  '.next',
  'routes',
  'controllers',
  'test',
  'config',
]);
/** Segments of a path that stay when nothing marks where the program begins. */
const keptSegments = 3;

export function normaliseFile(file: string): string {
  const path = file
    .replace(/^(?:file:\/\/|webpack(?:-internal)?:\/\/)/, '')
    .replace(/\\/g, '/')
    .replace(/[?#].*$/, '');
  const modules = path.lastIndexOf('node_modules/');
  if (modules !== -1) return dropHashes(path.slice(modules + 'node_modules/'.length));
  const segments = path.split('/').filter((segment) => segment !== '');
  const kept = segments.slice(-keptSegments);
  const root = kept.findIndex((segment) => sourceRoots.has(segment));
  const own = root === -1 ? kept.slice(-2) : kept.slice(root);
  return dropHashes(own.join('/'));
}

/** Bundlers put a hash of the content into file names; deploys put a date or a commit into folder names. */
function dropHashes(path: string): string {
  return path
    .replace(/(?<![A-Za-z0-9])(?=[0-9a-f]*\d)[0-9a-f]{6,}(?![A-Za-z0-9])/gi, '#')
    .replace(/[-.](?=[\w-]{0,9}[0-9A-Z])[\w-]{8,10}(?=\.[cm]?js$)/, '.#')
    .replace(/\d+/g, '#');
}
