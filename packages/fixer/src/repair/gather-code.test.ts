import { expect, test } from 'vitest';
import { gatherCode } from './gather-code.js';
import { locateInRepository, readFrames } from './stack-frames.js';

function readerOf(files: Record<string, string>) {
  return {
    listFiles: () => Promise.resolve(Object.keys(files)),
    readFile: (path: string) => Promise.resolve(files[path] ?? null),
  };
}

test.each([
  ['    at discount (file:///srv/shop/src/orders.js:12:5)', '/srv/shop/src/orders.js', 12],
  ['    at async /srv/shop/src/app.ts:3:4', '/srv/shop/src/app.ts', 3],
  ['    at Object.<anonymous> (C:\\app\\src\\a.js:1:2)', 'C:/app/src/a.js', 1],
  ['    at new Order (/srv/my app/src/order.js:9:1)', '/srv/my app/src/order.js', 9],
  ['  File "/srv/app/main.py", line 31, in run', '/srv/app/main.py', 31],
])('%s', (line, path, number) => {
  expect(readFrames([line])).toMatchObject([{ path, line: number }]);
});

test('what is no frame is none', () => {
  expect(
    readFrames(['TypeError: no', '    at <anonymous>', '    at node:internal/process:1', `at (${'a/'.repeat(5_000)}`]),
  ).toEqual([]);
});

test.each([
  ['/srv/shop/src/orders.js', 'src/orders.js'],
  ['/app/packages/api/dist/routes/a.js', 'packages/api/src/routes/a.ts'],
  ['/app/dist/main.js', 'src/main.ts'],
  ['/srv/shop/node_modules/express/index.js', null],
  ['/elsewhere/x.js', null],
])('%s is %s here', (deployed, path) => {
  const files = new Set(['src/orders.js', 'src/main.ts', 'packages/api/src/routes/a.ts', 'index.js']);
  expect(locateInRepository(deployed, files)).toBe(path);
});

test('a short file comes whole, a long one in parts, with what it imports and what lies beside it', async () => {
  const long = Array.from({ length: 400 }, (_, index) => `line ${index + 1}`).join('\n');
  const code = await gatherCode(
    [
      'at a (/srv/src/short.js:2:1)',
      'at b (/srv/src/long.js:100:1)',
      'at c (/srv/src/long.js:110:1)',
      'at d (/srv/src/long.js:300:1)',
    ],
    readerOf({
      'src/short.js': `import { x } from './x.js';\nconst y = require("../lib/y");\n`,
      'src/long.js': long,
      'src/x.js': 'export const x = 1;',
      'lib/y.js': 'y',
      'test/short.test.js': '',
    }),
  );
  expect(code.excerpts.map(({ path, startLine, frameLines }) => [path, startLine, frameLines])).toEqual([
    ['src/short.js', 1, [2]],
    ['src/long.js', 70, [100, 110]],
    ['src/long.js', 270, [300]],
  ]);
  expect(code.imports.map(({ path }) => path)).toEqual(['src/x.js', 'lib/y.js']);
  expect(code.nearby).toEqual(['src/short.js', 'src/long.js', 'src/x.js', 'test/short.test.js']);
});
