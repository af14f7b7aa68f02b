import { expect, test } from 'vitest';
import { detectIn, linesOf, readMarkedLog } from './marked-log.testkit.js';

/** What runners of several programs, of pods and platforms write in front of each line. */
const prefixes = {
  'concurrently with names': '[api]',
  turbo: '@acme/api:dev:',
  pnpm: 'packages/api dev:',
  lerna: '@acme/api:',
  stern: 'api-7d9f8c6b5-abcde api',
  kubetail: '[api-7d9f8c6b5-abcde]',
  'docker logs -t': '2026-05-02T10:00:01.123456789Z',
  'an export of CloudWatch': '2026-05-02T10:00:01.123Z',
  'aws logs tail': '2026-05-02T10:00:01.123000+00:00 ecs/api/0123',
  'App Engine': '2026-05-02 10:00:01 default[20260502t1] ',
  fly: '2026-05-02T10:00:01Z app[e784] ams [info]',
  'journalctl -o short-precise': 'May 02 10:00:05.123456 web-1 node[991]:',
};

const trace = `
 |GET /a 200
A|TypeError: x is not a function
A|    at get (/srv/api/src/index.ts:3:9)
A|    at run (/srv/api/src/index.ts:4:9) {
A|  code: 'E',
A|  [cause]: Error: refused
A|      at TCP (node:net:1494:16)
A|}
 |GET /b 200
B|RangeError: late
B|    at get (/srv/api/src/index.ts:5:9)
`;

test.each(Object.entries(prefixes))('%s stands in front of a trace', (_name, prefix) => {
  const { lines, events: expected } = readMarkedLog(trace);
  const events = detectIn(lines.map((line) => `${prefix} ${line}`));
  expect(events.map(linesOf)).toEqual(expected);
  expect(events.map(({ error }) => error.type)).toEqual(['TypeError', 'RangeError']);
  expect(events[0]?.error.stack).toContain('Caused by: Error: refused');
});

test.each(Object.entries(prefixes))('%s stands in front of a record', (_name, prefix) => {
  const records = ['{"level":30,"msg":"TypeError: told"}', '{"level":50,"msg":"boom"}', '{"level":30,"msg":"on"}'];
  const events = detectIn(records.map((record) => `${prefix} ${record}`));
  expect(events).toMatchObject([{ startLine: 2, endLine: 2, error: { message: 'boom' } }]);
});

test('a prefix is learned behind what a container puts around it', () => {
  const { lines, events: expected } = readMarkedLog(trace);
  const docker = (log: string) =>
    JSON.stringify({ log: `@acme/api:dev: ${log}\n`, stream: 'stderr', time: '2026-05-02T10:00:01Z' });
  const events = detectIn(lines.map(docker));
  expect(events.map(linesOf)).toEqual(expected);
});

test('programs that a runner mixes are told apart', () => {
  const { lines, events: expected } = readMarkedLog(`
A|[api] TypeError: first
B|[web] RangeError: second
A|[api]     at get (/srv/api/a.js:1:1)
B|[web]     at get (/srv/web/b.js:1:1)
 |[api] ok
B|[web]     at run (/srv/web/b.js:2:2)
`);
  const events = detectIn(lines);
  expect(events.map(linesOf)).toEqual(expected);
  expect(events.map(({ error }) => error.type)).toEqual(['TypeError', 'RangeError']);
});

test('a message of several lines above the first frame is read whole', () => {
  const { lines, events: expected } = readMarkedLog(`
A|@acme/api: Error: Cannot find module 'lodash'
A|@acme/api: Require stack:
A|@acme/api: - /repo/build.js
A|@acme/api:     at Module._load (node:internal/modules/cjs/loader:986:27)
 |@acme/api: retry
`);
  const events = detectIn(lines);
  expect(events.map(linesOf)).toEqual(expected);
  expect(events[0]?.error.message).toBe("Cannot find module 'lodash'\nRequire stack:\n- /repo/build.js");
});

test('what stands in front of one frame alone is no prefix', () => {
  const { lines } = readMarkedLog(`
 |GET /a 200
 |called from    at get (/srv/api/a.js:1:1)
 |called from TypeError: told
`);
  expect(detectIn(lines)).toEqual([]);
});

test('a time in front of the level of a program stays with it', () => {
  const time = '2026-05-02T10:00:02.123Z';
  const events = detectIn(['up', `${time} error lost`, `${time} info TypeError: told`]);
  expect(events).toMatchObject([{ startLine: 2, loggedAt: Date.parse(time), error: { message: 'lost' } }]);
});
