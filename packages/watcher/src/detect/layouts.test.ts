// The layouts of many loggers: a line of each that is an error, and one that only looks like it.
import { describe, expect, test } from 'vitest';
import type { DetectedEvent } from '../domain/occurrence.js';
import { createEventDetector } from './event-detector.js';

interface Layout {
  /** Lines that are an event each, with its message. */
  errors: Record<string, string>;
  /** Lines that are records of their own, in which an error is only named: not even frames below make it one. */
  records: string[];
}

const layouts: Record<string, Layout> = {
  'a time of day with its zone': {
    errors: {
      '[12:00:00 UTC] ERROR: plain failure': 'plain failure',
      '[12:00:00 +0200] ERROR: plain failure': 'plain failure',
      '[12:00:00.123 GMT+0200] ERROR (7): plain failure': 'plain failure',
      '[12:00:00 CET] ERROR: plain failure': 'plain failure',
      '12:00:00 NZDT ERROR plain failure': 'plain failure',
      '[05:05:05 ERR] plain failure': 'plain failure',
      '[05:05:05 FTL] plain failure': 'plain failure',
      '[12:00:00 ERROR]: plain failure': 'plain failure',
    },
    records: [
      '[12:00:00 UTC] INFO: TypeError: told',
      '[12:00:00 +0200] INFO: TypeError: told',
      '[12:00:00.123 GMT+0200] WARN (7): TypeError: told',
      '[12:00:00 CET] INFO: TypeError: told',
      '[05:05:05 INF] TypeError: told',
      '[05:05:05 WRN] TypeError: told',
    ],
  },
  'a full time with the name of its zone': {
    errors: {
      '2023-05-06 00:36:55.113 CET [7332] app@db ERROR:  relation "x" does not exist': 'relation "x" does not exist',
      '2023-05-06 00:36:55.113 Asia/Ho_Chi_Minh [7332] app@db FATAL:  no such role': 'no such role',
      'Wed Oct 05 12:00:00 CEST 2023 error disk lost': 'disk lost',
      '[08-Oct-2025 13:17:42 America/Argentina/Buenos_Aires] ERROR out of memory': 'out of memory',
    },
    records: [
      '2023-05-06 00:36:55.113 CET [7332] app@db LOG:  TypeError: told',
      '2023-05-06 00:36:55.113 Asia/Ho_Chi_Minh [7332] app@db WARNING:  TypeError: told',
    ],
  },
  'a level before the time': {
    errors: {
      "error 2021-04-21 21:24:15: Publish 'set' failed": "Publish 'set' failed",
      'error [2021-04-21T21:24:15.001Z] Publish failed': 'Publish failed',
      'ERROR 2021-04-21 21:24:15,001 Publish failed': 'Publish failed',
      '[ERROR] 2021-04-21 21:24:15 CET Publish failed': 'Publish failed',
    },
    records: ['info  2021-04-21 21:24:15: TypeError: told', 'warn [2021-04-21T21:24:15.001Z] TypeError: told'],
  },
  'a level with the process or thread': {
    errors: {
      '[2024-05-05 05:05:05,123: ERROR/MainProcess] Connection lost': 'Connection lost',
      '[2024-05-05 05:05:05,123: CRITICAL/ForkPoolWorker-2] Connection lost': 'Connection lost',
      '[12:00:00] [Server thread/ERROR]: boom': 'boom',
      '[12:00:00] [Worker-Main-5/FATAL] [minecraft/Main]: boom': 'boom',
    },
    records: [
      '[2024-05-05 05:05:05,123: INFO/MainProcess] TypeError: told',
      '[2024-05-05 05:05:05,123: WARNING/ForkPoolWorker-2] TypeError: told',
      '[12:00:00] [Server thread/INFO]: TypeError: told',
    ],
  },
  'levels of Prisma': {
    errors: { 'prisma:error Connection terminated unexpectedly': 'Connection terminated unexpectedly' },
    records: [
      'prisma:warn TypeError: told',
      'prisma:info TypeError: told',
      'prisma:query SELECT 1 /* TypeError: told */',
    ],
  },
  'logrus on a terminal': {
    errors: {
      'ERRO[0003] failed to pull image   code=4': 'failed to pull image   code=4',
      'FATA[0003] failed to pull image': 'failed to pull image',
      'PANI[2024-05-05T05:05:05Z] failed to pull image': 'failed to pull image',
      '\u001b[31mERRO\u001b[0m[0003] failed to pull image': 'failed to pull image',
      '\u001b[31mFATA\u001b[0m[0003] failed to pull image': 'failed to pull image',
      '\u001b[31mPANI\u001b[0m[0003] failed to pull image': 'failed to pull image',
    },
    records: ['INFO[0001] TypeError: told', 'DEBU[0001] TypeError: told', 'TRAC[0001] TypeError: told'],
  },
  'zerolog on a terminal': {
    errors: {
      '3:04AM ERR request failed code=EOF': 'request failed code=EOF',
      '3:04AM FTL request failed': 'request failed',
      '11:04PM PNC request failed': 'request failed',
      '\u001b[90m3:04AM\u001b[0m \u001b[31mERR\u001b[0m request failed': 'request failed',
      '\u001b[90m3:04AM\u001b[0m \u001b[31mFTL\u001b[0m request failed': 'request failed',
      '\u001b[90m3:04AM\u001b[0m \u001b[31mPNC\u001b[0m request failed': 'request failed',
    },
    records: ['3:04AM INF TypeError: told', '3:04AM TRC TypeError: told', '11:04PM WRN TypeError: told'],
  },
  'a name before a level': {
    errors: {
      'nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)':
        'bind() to 0.0.0.0:80 failed (98: Address already in use)',
      'my-tool.sh: [ERROR] no such host': 'no such host',
    },
    records: [
      'nginx: [warn] TypeError: told',
      'INFO: [error] TypeError: told',
      'warn: [error] TypeError: told',
      'production.INFO: [error] TypeError: told',
    ],
  },
  'glog with a year': {
    errors: {
      'E20240102 03:04:06.123456 12345 server.cc:77] accept failed': 'accept failed',
      'F20310102 03:04:06.123456 12345 server.cc:77] accept failed': 'accept failed',
    },
    records: [
      'I20240102 03:04:06.123456 12345 server.cc:77] TypeError: told',
      'W20240102 03:04:06.123456 12345 server.cc:77] TypeError: told',
    ],
  },
  'seconds as a float': {
    errors: {
      '1.68e+09\tERROR\tmsg': 'msg',
      '1.6840896000123456e+09\terror\tmsg': 'msg',
    },
    records: ['1.68e+09\tINFO\tTypeError: told', '1.6840896000123456e+09\tinfo\tTypeError: told'],
  },
  'Tornado and Jupyter': {
    errors: {
      '[E 240502 06:10:13 web:1789] Uncaught exception GET /x': 'Uncaught exception GET /x',
      '[C 320502 06:10:13 web:1789] Cannot listen': 'Cannot listen',
      '\u001b[31m[E 240502 06:10:13 web:1789]\u001b[0m Uncaught exception': 'Uncaught exception',
      '[E 2024-05-02 06:10:13.123 ServerApp] Cannot open': 'Cannot open',
    },
    records: ['[I 240502 06:10:13 web:1789] TypeError: told', '[W 2024-05-02 06:10:13.123 ServerApp] TypeError: told'],
  },
  Chromium: {
    errors: {
      '[19984:0601/053048.378:ERROR:gpu_process_host.cc(993)] GPU process exited': 'GPU process exited',
      '[1:2:0601/053048.378123:FATAL:content/gpu_host.cc:993] GPU process exited': 'GPU process exited',
      '[0601/053048.378:ERROR:file_io.cc(91)] ReadExactly: expected 4': 'ReadExactly: expected 4',
    },
    records: [
      '[19984:0601/053048.378:INFO:CONSOLE(3)] "Uncaught TypeError: told", source: x',
      '[19984:0601/053048.378:WARNING:gpu.cc(993)] TypeError: told',
      '[19984:0601/053048.378:VERBOSE1:gpu.cc(993)] TypeError: told',
    ],
  },
  'a symbol before the level': {
    errors: {
      '✘ [ERROR] Could not resolve "nope"': 'Could not resolve "nope"',
      '[12:12:54 AM] [api] › ✖  error     payment failed': 'payment failed',
      '[api] › ✖  error     payment failed': 'payment failed',
      '✖  fatal     payment failed': 'payment failed',
      '❌ ERROR: payment failed': 'payment failed',
      '✖\ufe0f error: payment failed': 'payment failed',
    },
    records: ['✘ [WARNING] TypeError: told', '[12:12:54 AM] [api] › ✖  debug     TypeError: told'],
  },
};

/** Without frames below, where nothing tells a record. */
const quiet: string[] = [
  '[12:12:54 AM] [api] › ✔  success   error budget kept',
  '[12:12:54 AM] [api] › ℹ  info      error budget kept',
  '✓ ERROR pages are drawn',
  '✖ error pages are not drawn',
  '✖ 3 problems (1 error, 2 warnings)',
  'error 404 for 2021-04-21 21:24:15',
  'fail 2 of 3 errors',
  'error  budget kept',
  '2024-05-05 05:05:05 app.web error budget kept',
  'The fatal 2021-04-21 21:24:15 crash',
  '2024-05-05 05:05:05 [GET /ERROR] served',
  '2024-05-05 05:05:05 [routes/error] served',
  'Levels: [info] or [error] or [fatal]',
  'app: see [error] for more',
  'prisma:errors none',
  'what npm calls ERR! is an error',
  'PNC bank reports an error',
  'E2024 is the error of the year',
  '[E 24] error budget kept',
];

function detect(lines: readonly string[]): DetectedEvent[] {
  const detector = createEventDetector({});
  return [...detector.push(Buffer.from(`${lines.join('\n')}\n`), 0), ...detector.end()];
}

const extents = (lines: readonly string[]) => detect(lines).map(({ startLine, endLine }) => [startLine, endLine]);

describe.each(Object.entries(layouts))('%s', (_name, { errors, records }) => {
  test.each(Object.entries(errors))('%j is an error', (line, message) => {
    expect(detect(['up', line, 'down'])).toMatchObject([
      { startLine: 2, endLine: 2, error: { type: 'Error', message } },
    ]);
  });
  test.each(records)('%j is none', (line) => {
    expect(detect(['up', line, '    at f (/srv/app.js:1:1)', 'down'])).toEqual([]);
  });
});

test.each(quiet)('%j is no error', (line) => {
  expect(detect(['up', line, 'down'])).toEqual([]);
});

describe('what stands behind a header', () => {
  test.each([
    ['[08-Oct-2025 13:17:42 Europe/Berlin] PHP Fatal error:  Uncaught ValueError: bad in /a.php:3', 'ValueError'],
    ['[08-Oct-2025 13:17:42 CET] PHP Parse error:  bad', 'Fatal error'],
    ['[12:00:00 UTC] ERROR: TypeError: bad', 'TypeError'],
    ['[2024-05-05 05:05:05,123: ERROR/MainProcess] KeyError: bad', 'KeyError'],
    ['[E 240502 06:10:13 web:1789] ValueError: bad', 'ValueError'],
    ['[1:0601/053048.378:ERROR:a.cc(3)] TypeError: bad', 'TypeError'],
    ['error 2021-04-21 21:24:15: TypeError: bad', 'TypeError'],
    ['✖ ERROR: TypeError: bad', 'TypeError'],
  ])('%j names the error', (line, type) => {
    expect(detect([line])).toMatchObject([{ error: { type, message: expect.stringMatching(/^bad/) as string } }]);
  });

  test('a record between the frames of an error is passed over', () => {
    const error = ['[12:00:00 CET] ERROR: boom', 'TypeError: x', '    at f (/a.js:1:1)'];
    expect(extents([...error, '[12:00:01 CET] INFO: TypeError: told', 'down'])).toEqual([[1, 3]]);
  });

  test('a trace of Python below Celery', () => {
    const head = "[2024-05-05 05:05:05,123: ERROR/ForkPoolWorker-2] Task a.b raised unexpected: KeyError('k')";
    const trace = ['Traceback (most recent call last):', '  File "/a.py", line 3, in b', "KeyError: 'k'"];
    const events = detect([head, ...trace, '[2024-05-05 05:05:06,000: INFO/MainProcess] ok']);
    expect(events).toMatchObject([{ startLine: 1, endLine: 4, error: { type: 'KeyError' } }]);
  });

  test('a trace of Python below Tornado', () => {
    const trace = ['    Traceback (most recent call last):', '      File "/a.py", line 3, in get', '    ValueError: x'];
    expect(
      extents(['[E 240502 06:10:13 web:1789] Uncaught exception', ...trace, '[I 240502 06:10:13 web:1] 200']),
    ).toEqual([[1, 4]]);
  });

  test('a message of Prisma that begins below', () => {
    const lines = ['prisma:error ', 'Invalid `prisma.user.create()` invocation:', 'prisma:info next'];
    expect(detect(lines)).toMatchObject([
      { startLine: 1, endLine: 2, error: { message: 'Invalid `prisma.user.create()` invocation:' } },
    ]);
  });
});

test.each([
  ['error 2021-04-21 21:24:15: lost', '2021-04-21T21:24:15.000Z'],
  ['ERROR 2021-04-21 21:24:15,250 lost', '2021-04-21T21:24:15.250Z'],
  ['1.6840896000123456e+09\tERROR\tlost', '2023-05-14T18:40:00.012Z'],
  ['[E 240502 06:10:13 web:1789] lost', '2024-05-02T06:10:13.000Z'],
  ['[08-Oct-2025 13:17:42 Europe/Berlin] PHP Fatal error:  lost', '2025-10-08T13:17:42.000Z'],
  ['Wed May 03 2023 12:00:00 GMT+0200 ERROR lost', '2023-05-03T10:00:00.000Z'],
])('%j tells when it was', (line, time) => {
  expect(detect([line])).toMatchObject([{ loggedAt: Date.parse(time) }]);
});

test.each(['[12:00:00 +0200] ERROR lost', '3:04AM ERR lost', '[1:0601/053048.378:ERROR:a.cc(3)] lost'])(
  '%j names no moment',
  (line) => {
    expect(detect([line])).toMatchObject([{ loggedAt: null }]);
  },
);

describe('lines that one program writes in a row', () => {
  test.each([
    ['gyp', 'ERR!'],
    ['npm', 'ERR!'],
    ['npm', 'error'],
    ['node-pre-gyp', 'ERR!'],
    ['\u001b[0mgyp\u001b[0m', '\u001b[31mERR!\u001b[0m'],
  ])('%j %j', (heading, level) => {
    const own = ['code 7', 'stack Error: not found: make', 'stack     at f (/a.js:1:1)'].map(
      (said) => `${heading} ${level} ${said}`,
    );
    const events = detect([`${heading} info ok`, ...own, `${heading} info next`]);
    expect(events).toMatchObject([{ startLine: 2, endLine: 4 }]);
    expect(events[0]?.error.message).toMatch(/^code 7\n/);
  });
});

describe('the prefix of a runner', () => {
  test('stands before lines of any kind', () => {
    const lines = [
      '[0] {"level":"ERROR","message":"boom"}',
      '[1] prisma:error late',
      '[0] {"level":"INFO","message":"TypeError: told"}',
      '[0] ok',
    ];
    expect(detect(lines).map(({ error, startLine, endLine }) => [error.message, startLine, endLine])).toEqual([
      ['boom', 1, 1],
      ['late', 2, 2],
    ]);
  });

  test('keeps the fields of an error with it, between the lines of another', () => {
    const lines = [
      '[1] Error: refused',
      '[1]     at f (/a.js:1:1) {',
      '[0] ok',
      "[1]   code: 'E',",
      '[1] ',
      '[1]   [cause]: Error: closed',
      '[1] }',
      '[1] down',
    ];
    expect(detect(lines)).toMatchObject([
      { lines: [1, 2, 4, 5, 6, 7], error: { stack: ['at f (/a.js:1:1)', 'Caused by: Error: closed'] } },
    ]);
  });
});
