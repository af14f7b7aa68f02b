import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DetectedEvent } from '../domain/occurrence.js';
import { createEventDetector, type DetectorOptions } from './event-detector.js';
import { createScriptPrefilter } from './prefilter.js';
import { createFastPrefilter } from './simd-prefilter.js';

const learned = 'a runner in front of each line';
/** Texts with the lines of their events: `[first, last]`, 1-based. */
const cases: Record<string, { lines: string[]; events: [number, number][] }> = {
  'a plain stack between two lines': {
    lines: ['up', 'TypeError: x is not a function', '    at f (/app/src/f.js:3:3)', 'down'],
    events: [[2, 3]],
  },
  'an uncaught error with its source above and the banner below': {
    lines: [
      'node:events:497',
      "      throw er; // Unhandled 'error' event",
      '      ^',
      '',
      'Error: listen EADDRINUSE: address already in use :::3000',
      '    at Server.setupListenHandle [as _listen2] (node:net:1817:16)',
      "Emitted 'error' event on Server instance at:",
      '    at emitErrorNT (node:net:1844:8) {',
      "  code: 'EADDRINUSE'",
      '}',
      '',
      'Node.js v20.20.2',
      'restarted',
    ],
    events: [[1, 12]],
  },
  'a rejection without an error': {
    lines: [
      '[UnhandledPromiseRejection: This error originated … with the reason "foo".] {',
      "  code: 'ERR_UNHANDLED_REJECTION'",
      '}',
      'next',
    ],
    events: [[1, 3]],
  },
  'causes and aggregated errors': {
    lines: [
      'AggregateError: all failed',
      '    at all (/app/src/a.js:1:1) {',
      '  [errors]: [',
      '    Error: one',
      '        at q (/app/src/b.js:3:3)',
      '  ],',
      '  [cause]: Error: two',
      '      at r (/app/src/b.js:4:3)',
      '}',
      'next',
    ],
    events: [[1, 9]],
  },
  'a database error with extra fields': {
    lines: [
      'MongoServerError: E11000 duplicate key error collection: shop.users',
      '    at Users.add (/app/src/users.js:10:3) {',
      '  index: 0,',
      '  keyPattern: { email: 1 },',
      '  [Symbol(errorLabels)]: Set(0) {}',
      '}',
      'ok',
    ],
    events: [[1, 6]],
  },
  'a record that is printed over several lines': {
    lines: [
      '{',
      "  message: 'boom',",
      "  level: 'error',",
      "  stack: 'Error: boom\\n' +",
      "    '    at f (/app/f.js:1:1)'",
      '}',
      'next',
    ],
    events: [[1, 6]],
  },
  [learned]: {
    lines: ['[api] TypeError: x', '[api]     at f (/app/f.js:1:1)', '[api]     at g (/app/g.js:1:1)', '[api] next'],
    events: [[1, 3]],
  },
  'fields of an error without frames': {
    lines: ['read failed: [Error: gone] {', "  code: 'E'", '}', 'next'],
    events: [[1, 3]],
  },
  'a message of many lines before the first frame': {
    lines: [
      'PrismaClientKnownRequestError: ',
      'Invalid `prisma.user.create()` invocation in',
      '/app/src/x.ts:12:30',
      '',
      '   9 async function main() {',
      'Unique constraint failed on the fields: (`email`)',
      '    at Xn.handle (/app/node_modules/@prisma/client/library.js:121:7753)',
      'ok',
    ],
    events: [[1, 7]],
  },
  'a line of a logger and the trace below it': {
    lines: [
      '2026-05-05 05:05:05,002 ERROR app: sync failed',
      'Traceback (most recent call last):',
      '  File "/w/sync.py", line 8, in run',
      '    push(x)',
      'OSError: [Errno 28] No space left on device',
      '2026-05-05 05:05:06,000 INFO app: bye',
    ],
    events: [[1, 5]],
  },
  'two chained Python traces': {
    lines: [
      'Traceback (most recent call last):',
      '  File "a.py", line 1, in <module>',
      "KeyError: 'a'",
      '',
      'During handling of the above exception, another exception occurred:',
      '',
      'Traceback (most recent call last):',
      '  File "a.py", line 3, in <module>',
      'ValueError: bad',
      'done',
    ],
    events: [[1, 9]],
  },
  'Java with a cause': {
    lines: [
      '05:05:05.002 ERROR c.s.Api - request failed',
      'java.lang.NullPointerException: user',
      '\tat c.s.Api.get(Api.java:12)',
      'Caused by: java.io.IOException: closed',
      '\t... 2 more',
      '05:05:06.000 INFO  next',
    ],
    events: [[1, 5]],
  },
  'a Go panic': {
    lines: [
      'panic: boom',
      '',
      'goroutine 1 [running]:',
      'main.main()',
      '\t/app/main.go:9 +0x6f',
      'exit status 2',
      'ok',
    ],
    events: [[1, 6]],
  },
  'Ruby, PHP, Rust and .NET': {
    lines: [
      "app.rb:3:in `/': divided by 0 (ZeroDivisionError)",
      "\tfrom app.rb:3:in `<main>'",
      'ok',
      'PHP Fatal error:  Uncaught Exception: boom in /var/www/a.php:3',
      'Stack trace:',
      '#0 {main}',
      '  thrown in /var/www/a.php on line 3',
      'ok',
      "thread 'main' panicked at src/main.rs:2:5:",
      'index out of bounds',
      'ok',
      'Unhandled exception. System.InvalidOperationException: boom',
      '   at A.Main() in /src/A.cs:line 10',
      'ok',
    ],
    events: [
      [1, 2],
      [4, 7],
      [9, 10],
      [12, 13],
    ],
  },
  'levels in many layouts': {
    lines: [
      '2026-05-05 05:05:06 [ERROR] queue full',
      'error: cannot start',
      '[2026-05-05T05:05:05.005] [FATAL] default - lost',
      'time="2026-05-05T05:05:05Z" level=error msg="cannot"',
      '2026/05/05 05:05:05 [error] 7#7: *1 refused, client: 1.2.3.4, request: "GET /x HTTP/1.1"',
      'E0505 05:05:05.123456       1 reflector.go:12] failed to list',
      '[2026-05-05 05:05:05] production.ERROR: boom',
      '[05:05:05 ERR] failed',
      'ERROR:root:msg',
      '{"level":50,"msg":"x"}',
      '{"level":"error","message":"x"}',
      '{"severity":"CRITICAL","message":"x"}',
      '{"t":{"$date":"2026-05-05T05:05:05.000Z"},"s":"E","c":"NET","msg":"x"}',
    ],
    events: Array.from({ length: 13 }, (_, index): [number, number] => [index + 1, index + 1]),
  },
  'lines that merely hold the word': {
    lines: [
      '0 errors',
      'errors: 0',
      'Error handler installed',
      'Error: none',
      '::1 - - [05/May/2026:05:05:05 +0000] "GET /errors/404.html HTTP/1.1" 200 12',
      'level=info msg="last error cleared"',
      '2026-05-05T05:05:05Z INFO  no errors found',
      '{"level":30,"err":{"message":"x","stack":"Error: x\\n    at a (b:1:1)"},"msg":"m"}',
      '(node:12) DeprecationWarning: old',
      'Trace: here',
      '    at f (/app/a.js:1:2)',
      'PASS src/error.test.ts',
      'throw new Error("x")',
    ],
    events: [],
  },
  'an error class that no rule knows, told by its frames': {
    lines: ['up', 'PaymentDeclined: refused', '    at charge (/app/src/pay.js:9:3)', 'ok'],
    events: [[2, 3]],
  },
  'container logs, journal and process managers': {
    lines: [
      '{"log":"Error: x\\n","stream":"stderr","time":"2026-04-11T08:00:01.1Z"}',
      '{"log":"    at f (/app/f.js:1:1)\\n","stream":"stderr","time":"2026-04-11T08:00:01.1Z"}',
      '{"log":"ok\\n","stream":"stderr","time":"2026-04-11T08:00:01.1Z"}',
      '2026-04-11T08:00:01.000000001Z stderr F Error: y',
      '2026-04-11T08:00:01.000000001Z stderr F     at f (/app/f.js:1:1)',
      '2026-04-11T08:00:01.000000001Z stderr F ok',
      '{"__REALTIME_TIMESTAMP":"1775894400000911","_PID":"1","PRIORITY":"3","_SYSTEMD_UNIT":"a","MESSAGE":"disk lost"}',
    ],
    events: [
      [1, 2],
      [4, 5],
      [7, 7],
    ],
  },
};

function detect(text: string | Uint8Array, options: DetectorOptions = {}, cuts: number[] = []): DetectedEvent[] {
  const detector = createEventDetector(options);
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const events: DetectedEvent[] = [];
  let from = 0;
  for (const cut of [...cuts.map((part) => part % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    events.push(...detector.push(bytes.subarray(from, cut), 0));
    from = cut;
  }
  return [...events, ...detector.end()].map(inFull);
}

/** With all that is made only when it is asked for. */
function inFull(event: DetectedEvent): DetectedEvent {
  const { error, loggedAt, level, request, traceId, context, startLine, endLine, lines } = event;
  return { ...{ error, loggedAt, level, request, traceId, context, startLine, endLine }, ...(lines ? { lines } : {}) };
}

describe('the extent of events', () => {
  for (const [name, { lines, events }] of Object.entries(cases)) {
    test(name, () => {
      expect(detect(`${lines.join('\n')}\n`).map(({ startLine, endLine }) => [startLine, endLine])).toEqual(events);
    });
    test(`${name}, with CRLF and colours`, () => {
      if (lines.some((line) => line.startsWith('{'))) return;
      const colored = lines.map((line) => (line === '' ? line : `\u001b[31m${line}\u001b[39m`));
      const found = detect(`${colored.join('\r\n')}\r\n`);
      expect(found.map(({ startLine, endLine }) => [startLine, endLine])).toEqual(events);
    });
  }
});

describe('what an event says', () => {
  test('the message of a logger and of the error, with type, frames, level, time, request and trace', () => {
    const record = {
      level: 50,
      time: 1_780_000_000_500,
      reqId: 'r-1',
      req: { method: 'GET', url: '/users/1' },
      err: {
        type: 'TypeError',
        message: 'cfg.get is not a function',
        stack: 'TypeError: cfg.get is not a function\n    at boot (/app/a.js:4:13)',
      },
      msg: 'boot failed',
    };
    expect(detect(`up\n${JSON.stringify(record)}\n`)).toEqual([
      {
        error: {
          type: 'TypeError',
          message: 'boot failed: cfg.get is not a function',
          stack: ['at boot (/app/a.js:4:13)'],
        },
        level: 'error',
        loggedAt: 1_780_000_000_500,
        request: { method: 'GET', path: '/users/1' },
        traceId: 'r-1',
        context: ['up'],
        startLine: 2,
        endLine: 2,
      },
    ]);
  });

  test('the causes that a serializer kept apart', () => {
    const err = {
      type: 'Error',
      message: 'a',
      stack: 'Error: a\n    at f (/a.js:1:1)',
      cause: { type: 'TypeError', message: 'b', stack: 'TypeError: b\n    at g (/b.js:1:1)' },
    };
    const [event] = detect(`${JSON.stringify({ level: 'error', err, msg: 'm' })}\n`);
    expect(event?.error.stack).toEqual(['at f (/a.js:1:1)', 'Caused by: TypeError: b', 'at g (/b.js:1:1)']);
  });

  test('the lines of each worker where two write at once', () => {
    const lines = [
      '0|api | Error: a',
      '1|api | TypeError: b',
      '0|api |     at f (/a.js:1:1)',
      '1|api |     at g (/b.js:1:1)',
      '0|api | ok',
    ];
    const events = detect(`${lines.join('\n')}\n`);
    expect(events.map(({ error, lines: own }) => [error.type, error.stack, own])).toEqual([
      ['Error', ['at f (/a.js:1:1)'], [1, 3]],
      ['TypeError', ['at g (/b.js:1:1)'], [2, 4]],
    ]);
  });

  test('a frame behind a record of another writer', () => {
    const lines = ['Error: a', '    at f (/a.js:1:1)', '2026-05-05T05:05:05Z INFO ok', '    at g (/b.js:1:1)', 'end'];
    expect(detect(`${lines.join('\n')}\n`)[0]).toMatchObject({
      lines: [1, 2, 4],
      error: { stack: ['at f (/a.js:1:1)', 'at g (/b.js:1:1)'] },
    });
  });

  test('a frame behind lines of other streams', () => {
    const lines = [
      'Error: a',
      '    at f (/a.js:1:1)',
      '    at g (/a.js:2:1)',
      '0|app | ok',
      '1|api | ok',
      '    at h (/b.js:1:1)',
    ];
    expect(detect(`${lines.join('\n')}\nend\n`)[0]).toMatchObject({ lines: [1, 2, 3, 6] });
  });

  test('fields of an error around a record of another writer', () => {
    const lines = ['Error: a', '    at f (/a.js:1:1) {', "  code: 'E',", '2026-05-05T05:05:05Z INFO ok', '}', 'end'];
    expect(detect(`${lines.join('\n')}\n`)[0]).toMatchObject({ lines: [1, 2, 3, 5] });
  });

  test('text of more than one byte a character, cut anywhere', () => {
    const text = 'Error: Übertragung für 注文 fehlgeschlagen 📦\n    at f (/a.js:1:1)\n';
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut++)
      expect(detect(bytes, {}, [cut])[0]?.error.message).toBe('Übertragung für 注文 fehlgeschlagen 📦');
  });
});

test('a line over the limit is cut with a marker and counted, and the next is read', () => {
  const detector = createEventDetector({ maxLineBytes: 1000 });
  const long = `2026-05-05T05:05:05Z ERROR ${'x'.repeat(700_000)}`;
  const events = [...detector.push(Buffer.from(`${long}\n2026-05-05T05:05:06Z ERROR next\n`), 0), ...detector.end()];
  expect(events.map(({ startLine, endLine }) => [startLine, endLine])).toEqual([
    [1, 1],
    [2, 2],
  ]);
  expect(events[0]?.error.message).toMatch(/x … \[cut\]$/);
  expect(events[0]?.error.message.length).toBeLessThan(1100);
  expect(detector.cutLines).toBe(1);
});

test('an error is known by the frames below it, however long its message', () => {
  const log = `ok\nQueryError: cannot run ${'SELECT 1; '.repeat(5_000)}\n    at run (/srv/db.js:1:1)\nINFO next\nINFO next\n`;
  const [event, ...others] = detect(log, {}, [20_000, 40_000, 50_050]);
  expect(others).toEqual([]);
  expect(event).toMatchObject({
    startLine: 2,
    endLine: 3,
    error: { type: 'QueryError', stack: ['at run (/srv/db.js:1:1)'] },
  });
});

describe('a line that a container runtime cut into pieces', () => {
  const record = JSON.stringify({ level: 50, time: 1, body: 'x'.repeat(30_000), msg: 'order failed' });
  const pieces = [record.slice(0, 16_384), record.slice(16_384)];
  const docker = (log: string, stream = 'stderr') => JSON.stringify({ log, stream, time: '2026-01-01T00:00:00Z' });
  const cri = (tag: string, text: string, stream = 'stderr') =>
    `2026-01-01T00:00:00.000000000Z ${stream} ${tag} ${text}`;

  test.each([
    ['by Docker', [docker(pieces[0]!), docker('between\n', 'stdout'), docker(`${pieces[1]}\n`), docker('next\n')]],
    ['as CRI marks it', [cri('P', pieces[0]!), cri('F', 'between', 'stdout'), cri('F', pieces[1]!), cri('F', 'next')]],
  ])('is one event, %s', (_name, entries) => {
    const log = [...entries, ''].join('\n');
    const expected = [{ error: { message: 'order failed' }, startLine: 1, endLine: 3 }];
    expect(detect(log)).toMatchObject(expected);
    expect(detect(log, {}, [10, 16_000, 17_000, 33_000])).toMatchObject(expected);
  });

  test('is taken for what it is when its last piece never comes', () => {
    const bytes = Buffer.from(`${cri('P', 'ERROR: half a line')}\n`);
    expect(detect(bytes)).toMatchObject([{ startLine: 1, endLine: 1, error: { message: 'half a line' } }]);
    const detector = createEventDetector({ joinTimeoutMs: 500 });
    expect(detector.push(bytes, 1_000)).toEqual([]);
    expect(detector.flush(1_499)).toEqual([]);
    expect(detector.pendingBytes).toBe(bytes.length);
    expect([...detector.flush(1_500), ...detector.flush(2_000)]).toHaveLength(1);
    expect(detector.pendingBytes).toBe(0);
  });

  test('is cut at the limit of a line, and the next line is still read', () => {
    const texts = Array.from({ length: 20 }, (_, n) => (n === 0 ? `ERROR ${'y'.repeat(9_994)}` : 'z'.repeat(10_000)));
    const entries = texts.map((text, n) => cri(n < 19 ? 'P' : 'F', text));
    const events = detect([...entries, cri('F', 'ERROR: small'), ''].join('\n'));
    expect(events).toMatchObject([
      { startLine: 1, endLine: 20 },
      { startLine: 21, error: { message: 'small' } },
    ]);
    expect(events[0]!.error.message.length).toBeLessThan(66_000);
  });
});

test('an event keeps the ten lines above it, as the application wrote them', () => {
  const above = Array.from({ length: 12 }, (_, index) => `line ${index}`);
  const inDocker = (text: string) =>
    JSON.stringify({ log: `${text}\n`, stream: 'stdout', time: '2026-01-01T00:00:00Z' });
  const expected = above.slice(-10);
  const cut = 'x'.repeat(3_000);
  expect(detect([...above, 'ERROR: x', ''].join('\n'))[0]!.context).toEqual(expected);
  expect(detect([...above, 'ERROR: x', ''].join('\r\n'))[0]!.context).toEqual(expected);
  expect(detect([...above, 'ERROR: x'].map(inDocker).join('\n') + '\n')[0]!.context).toEqual(expected);
  expect(detect(`\u001B[32mgreen\u001B[39m\n\n${cut}\nERROR: x\n`)[0]!.context).toEqual([
    'green',
    '',
    cut.slice(0, 2_000),
  ]);
  expect(detect('ERROR: x\n')[0]!.context).toEqual([]);
  expect(detect('ERROR: x\n', { contextLines: 0 })[0]!.context).toEqual([]);
  // What was read since has not changed them.
  const [early] = detect(`${above.join('\n')}\nERROR: x\n${'y\n'.repeat(400_000)}`);
  expect(early!.context).toEqual(expected);
});

test('an event that waits for more lines is given out when it has not grown for the timeout', () => {
  const detector = createEventDetector({ joinTimeoutMs: 500 });
  expect(detector.push(Buffer.from('Error: x\n    at f (/a.js:1:1)\n'), 1000)).toEqual([]);
  expect(detector.pendingBytes).toBe(30);
  expect(detector.flush(1499)).toEqual([]);
  expect(detector.flush(1500)).toHaveLength(1);
  expect(detector.pendingBytes).toBe(0);
});

describe('rules of the user', () => {
  test('include makes an event of a line that no format calls one', () => {
    expect(detect('ok\nout of paper tray 3\n', { rules: { include: [/out of paper/] } })).toMatchObject([
      { startLine: 2, error: { message: 'out of paper tray 3' } },
    ]);
    expect(detect('ok\njam 3\n', { rules: { include: [/^jam \d/] } })).toHaveLength(1);
  });
  test('ignore passes an event over', () => {
    expect(detect('ERROR: known\nERROR: new\n', { rules: { ignore: [/known$/] } })).toMatchObject([{ startLine: 2 }]);
  });
  test('ignore passes a record over that is printed over several lines', () => {
    const log = ['one', 'two'].map((said) => `{\n  level: 'error',\n  message: '${said}'\n}\n`).join('');
    expect(detect(log, { rules: { ignore: [/'one'/] } })).toMatchObject([{ startLine: 5, error: { message: 'two' } }]);
  });
  test('tell records apart by their numbers', () => {
    const log = [4712, 4713, 4714, 4711, 4715].map((row) => `{"level":50,"msg":"row ${row} is locked"}\n`).join('');
    const found = detect(log, { rules: { ignore: [/row 4711/] } });
    expect(found.map(({ startLine }) => startLine)).toEqual([1, 2, 3, 5]);
  });
  test('a level under another name', () => {
    expect(detect('{"gravity":"error","msg":"x"}\n', { rules: { levelField: 'gravity' } })).toHaveLength(1);
  });
});

const logOf = (texts: readonly string[][]) =>
  fc
    .array(
      fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...texts.map((lines) => lines.join('\n'))) },
        fc.constantFrom(...texts.flat()),
        fc.string({ maxLength: 40 }),
      ),
      { maxLength: 25 },
    )
    .map((parts) => `${parts.join('\n')}\n`);
const anyLog = logOf(Object.values(cases).map(({ lines }) => lines));
/** A prefix that was learned lets more be seen from then on. */
const knownLog = logOf(Object.entries(cases).flatMap(([name, { lines }]) => (name === learned ? [] : [lines])));
const anyCuts = fc.array(fc.nat({ max: 1_000_000 }), { maxLength: 12 });

describe('properties', () => {
  test('script and WebAssembly find the same events, however the bytes are cut', () => {
    fc.assert(
      fc.property(anyLog, anyCuts, anyCuts, (log, cuts, otherCuts) => {
        const script = detect(log, { createPrefilter: createScriptPrefilter }, cuts);
        const simd = detect(log, { createPrefilter: createFastPrefilter }, otherCuts);
        expect(simd).toEqual(script);
      }),
      { numRuns: 300 },
    );
  });

  test('frames that were seen before are read as they were the first time', () => {
    fc.assert(
      fc.property(knownLog, (log) => {
        const detector = createEventDetector();
        const bytes = Buffer.from(log);
        const read = () => [...detector.push(bytes, 0), ...detector.end()].map(({ error }) => error);
        const first = read();
        expect(read()).toEqual(first);
      }),
      { numRuns: 300 },
    );
  });

  test('reading again from the pending bytes loses nothing and repeats nothing', () => {
    fc.assert(
      fc.property(knownLog, fc.nat({ max: 1_000_000 }), (log, place) => {
        const bytes = Buffer.from(log);
        const stop = place % (bytes.length + 1);
        const first = createEventDetector();
        const before = first.push(bytes.subarray(0, stop), 0);
        const rest = detect(bytes.subarray(stop - first.pendingBytes));
        expect([...before, ...rest].map(({ error }) => error)).toEqual(detect(bytes).map(({ error }) => error));
      }),
      { numRuns: 300 },
    );
  });
});
