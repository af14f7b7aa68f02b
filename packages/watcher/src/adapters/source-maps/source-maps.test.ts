// Frames of real crashes of code that a real compiler made.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFingerprint } from '../../fingerprint/fingerprint.js';
import { readFrame } from '../../fingerprint/frame.js';
import { scanLog, type ScannedEvent } from '../../scan-log.js';
import { createSourceMaps } from './source-maps.js';

let folder: string;
let now: number;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'source-maps-')));
  now = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

const source = `interface Order { items: { price: number }[] }
export enum Kind { Small, Large }
export function total(order: Order): number {
  return order.items.reduce((sum, item) => sum + item.price, 0);
}
total({} as Order);
`;

/** The program as it runs. */
function deploy(file: string, text = source): void {
  mkdirSync(join(folder, 'app/dist'), { recursive: true });
  const { CommonJS } = ts.ModuleKind;
  const { outputText, sourceMapText } = ts.transpileModule(text, {
    fileName: 'orders.ts',
    compilerOptions: { module: CommonJS, target: ts.ScriptTarget.ES2022, sourceMap: true, sourceRoot: '../src' },
  });
  writeFileSync(join(folder, `app/dist/${file}.js`), outputText);
  writeFileSync(join(folder, `app/dist/${file}.js.map`), sourceMapText ?? '');
}

function crash(file = 'main'): ScannedEvent {
  const { stderr } = spawnSync(process.execPath, [join(folder, `app/dist/${file}.js`)], { encoding: 'utf8' });
  const [event] = scanLog(stderr);
  if (!event) throw new Error(`no crash: ${stderr}`);
  return event;
}

const maps = (roots = [join(folder, 'app')]) => createSourceMaps({ roots, now: () => now });
const topFrame = () => readFrame(crash().error.stack[0] ?? '')!;

test('finds the line of the source that a frame of a real crash stands for', () => {
  deploy('main');
  const frame = topFrame();
  expect(frame.line).not.toBe(4);
  expect(maps().resolve(frame)).toMatchObject({ name: 'total', file: join(folder, 'app/src/orders.ts'), line: 4 });
});

test('an error that moves to another bundle and another line stays the same error', () => {
  deploy('main.3f9a81c2');
  const before = crash('main.3f9a81c2').error;
  deploy('server', source.replace('export enum', 'const spare = 1;\nexport enum'));
  const after = crash('server').error;
  expect(createFingerprint()(after)).not.toBe(createFingerprint()(before));
  const fingerprint = createFingerprint({ resolver: maps() });
  expect(fingerprint(after)).toBe(fingerprint(before));
});

test('reads nothing outside the named folders, whatever a log says', () => {
  deploy('main');
  const frame = topFrame();
  expect(maps([join(folder, 'other')]).resolve(frame)).toBeNull();
  expect(maps([join(folder, 'ap')]).resolve(frame)).toBeNull();
  const outside = { ...frame, file: `${folder}/app/../outside.js` };
  writeFileSync(join(folder, 'outside.js.map'), '{"version":3,"sources":["x.ts"],"names":[],"mappings":"AAAA"}');
  expect(maps().resolve(outside)).toBeNull();
  symlinkSync(join(folder, 'outside.js.map'), join(folder, 'app/dist/link.js.map'));
  expect(maps().resolve({ ...frame, file: join(folder, 'app/dist/link.js'), line: 1 })).toBeNull();
});

test.each([
  ['a named pipe', (path: string) => spawnSync('mkfifo', [path])],
  ['a folder', (path: string) => mkdirSync(path)],
  ['a text that is no map', (path: string) => writeFileSync(path, 'x')],
  ['a map too large to be read', (path: string) => writeFileSync(path, ' '.repeat(4 * 1024 * 1024 + 1))],
])('does without a map where there is %s', (_name, make) => {
  deploy('main');
  const frame = topFrame();
  rmSync(join(folder, 'app/dist/main.js.map'));
  make(join(folder, 'app/dist/main.js.map'));
  expect(maps().resolve(frame)).toBeNull();
});

test('notices a deploy within a minute', () => {
  deploy('main');
  const resolver = maps();
  const frame = topFrame();
  expect(resolver.resolve(frame)?.line).toBe(4);
  const before = resolver.generation();
  deploy('main', `\n\n${source}`);
  now += 59_000;
  expect(resolver.generation()).toBe(before);
  now += 1_000;
  expect(resolver.generation()).not.toBe(before);
  expect(resolver.resolve(topFrame())?.line).toBe(6);
});
