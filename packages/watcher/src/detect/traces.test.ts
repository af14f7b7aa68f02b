import { describe, expect, test } from 'vitest';
import type { DetectedEvent } from '../domain/occurrence.js';
import { createEventDetector } from './event-detector.js';

/** Lines of a log; those of an event begin with its letter. What an event says is given where it is easily got wrong. */
interface Case {
  log: string;
  says?: { type?: string; message?: string; stack?: string[] }[];
}

const cases: Record<string, Case> = {
  'lines of a development server, indented less than the frames above': {
    log: `
 | ✓ Compiled /a
A| ⨯ TypeError: first failed
A|    at run (/srv/app/a.js:1:1)
 | GET /a 500 in 8ms
B| ⨯ RangeError: second failed
B|    at run (/srv/app/a.js:1:1) {
B|  digest: '1'
B|}
 | GET /b 500 in 8ms
C|TypeError: third failed
C|    at run (/srv/app/a.js:1:1)
 |  app:db connected +2ms
`,
    says: [{ type: 'TypeError' }, { type: 'RangeError' }, { message: 'third failed' }],
  },
  'an excerpt of the source below the frames': {
    log: `
A|Error: boom
A|    at GET (src/app/api/items/route.ts:4:8)
A|  2 | export async function GET() {
A|> 3 |   throw new Error('boom')
A|    |         ^
A|  4 | }
 | GET /api/items 500 in 31ms
B|Error: bang
B|    at GET (src/app/api/items/route.ts:3:8)
B|    at run (src/app/run.ts:3:8)
B|> 3 |   return data.name
 |listening
`,
    says: [
      { stack: ['at GET (src/app/api/items/route.ts:4:8)'] },
      { stack: ['at GET (src/app/api/items/route.ts:3:8)', 'at run (src/app/run.ts:3:8)'] },
    ],
  },
  'the error of a record that is none': {
    log: `
 |[12:00:00.000] WARN (1): retry
 |    err: {
 |      "type": "Error",
 |      "stack":
 |          Error: x
 |              at run (/srv/app/a.js:1:1)
 |    }
A|[12:00:01.000] ERROR (1): failed
A|    err: {
A|      "type": "Error",
A|      "stack":
A|          Error: x
A|              at run (/srv/app/a.js:1:1)
A|      "code": "E"
A|    }
 |[12:00:02.000] INFO (1): ok
`,
  },
  'a promise and the reason of its rejection': {
    log: `
A|Unhandled Rejection at: Promise {
A|  <rejected> TypeError: x is null
A|      at a (/srv/index.js:20:31)
A|} reason: TypeError: x is null
A|    at a (/srv/index.js:20:31)
 |ok
`,
    says: [{ type: 'TypeError', message: 'x is null', stack: ['at a (/srv/index.js:20:31)'] }],
  },
  'a call of gRPC': {
    log: `
A|Error: 14 UNAVAILABLE: No connection established
A|    at run (/srv/app/a.js:1:1)
A|for call at
A|    at Client.makeUnaryRequest (/srv/client.js:160:34)
 |ok
`,
  },
  'a rejection and the warning that explains it': {
    log: `
A|(node:1) UnhandledPromiseRejectionWarning: Error: boom
A|    at run (/srv/app/a.js:1:1)
 |(node:1) UnhandledPromiseRejectionWarning: Unhandled promise rejection. This error originated either by throwing (rejection id: 1)
 |(node:1) [DEP0018] DeprecationWarning: Unhandled promise rejections are deprecated.
`,
    says: [{ type: 'Error', message: 'Error: boom' }],
  },
  'an excerpt below a line that ends with a port': {
    log: `
 |Listening on localhost:3000
 |const user = undefined;
 |    ^
A|TypeError: x is not an object
A|      at /app/index.ts:3:13
`,
  },
  'an error that is logged and printed': {
    log: `
A|[2024-06-13 13:52:28.056] error: select 1 - relation "x" does not exist
A|error: select 1 - relation "x" does not exist
A|    at Parser.parseErrorMessage (/opt/app/parser.js:287:98)
 |[2024-06-13 13:52:29.056] info: ok
`,
  },
  'a cross in front of an error, with frames and without': {
    log: `
A| ⨯ Error: boom
 | GET /a 500 in 8ms
B|✖ TypeError: x is null
B|    at a (/srv/index.js:20:31)
 |✖ 2 problems (2 errors, 0 warnings)
`,
    says: [
      { type: 'Error', message: 'boom' },
      { type: 'TypeError', message: 'x is null' },
    ],
  },
  'a value that was thrown and is no error': {
    log: `
A|/srv/u9.js:1
A|throw 'just a string'
A|^
A|just a string
A|(Use \`node --trace-uncaught ...\` to show where the exception was thrown)
A|
A|Node.js v20.20.2
 |restarted
`,
    says: [{ message: 'just a string' }],
  },
  'a cause behind a blank line': {
    log: `
A|Error: boom
A|    at run (/srv/app/a.js:1:1)
A|
A|  [cause]: connect ECONNREFUSED
A|      at connect (/srv/app/b.js:1:1)
 |
 |ok
`,
  },
  'a class with a code in brackets': {
    log: `
A|DiscordAPIError[50013]: Missing Permissions
A|    at run (/srv/app/a.js:1:1)
 |ok
B|request failed: NotFound [Error]: no such user
B|    at run (/srv/app/a.js:1:1)
`,
    says: [{ type: 'DiscordAPIError', message: 'Missing Permissions' }, { type: 'NotFound' }],
  },
  'the cause that Java prints below what a container logs': {
    log: `
A|2024-03-01T09:00:05.001Z ERROR 1 --- [exec-1] o.a.c.[dispatcherServlet] : threw exception [failed: java.lang.IllegalStateException: x] with root cause
A|
A|java.lang.NullPointerException: y
A|	at com.a.A.b(A.java:1)
 |2024-03-01T09:00:06.001Z  INFO 1 --- [exec-1] o.a.A : ok
`,
    says: [{ type: 'java.lang.NullPointerException' }],
  },
  'frames below the warning of another': {
    log: `
A|12:00:00.000 ERROR [a] one
A|java.lang.IllegalStateException: a
A|	at x.Job.f(Job.java:10)
 |12:00:00.001 WARN [b] two java.lang.IllegalStateException: b
 |	at x.O.g(O.java:10)
 |	at x.O.h(O.java:11)
 |12:00:00.002 INFO [b] ok
`,
  },
  'what asyncio says between a record and its trace': {
    log: `
A|ERROR:asyncio:Task exception was never retrieved
A|future: <Task finished name='Task-12' exception=ValueError('x')>
A|Traceback (most recent call last):
A|  File "/app/poll.py", line 12, in poll
A|ValueError: x
 |INFO:root:ok
`,
    says: [{ type: 'ValueError' }],
  },
  'a line behind a trace of Python without its error': {
    log: `
A|[ERROR] KeyError: 'a'
A|Traceback (most recent call last):
A|  File "/var/task/a.py", line 1, in h
A|    x()
 |END RequestId: 7b1c
`,
    says: [{ type: 'KeyError' }],
  },
  'the stack of zap': {
    log: `
A|2022-09-22T21:18:41Z	ERROR	ctl	Reconciler error	{"name": "sample", "error": "not found"}
A|sigs.k8s.io/x.(*C).work
A|	/go/c.go:266
A|sigs.k8s.io/x.(*C).Start.func2.2
A|	/go/c.go:227
 |2022-09-22T21:18:42Z	INFO	ctl	ok	{"name": "other"}
`,
    says: [{ message: 'ctl\tReconciler error: not found' }],
  },
  'previous exceptions of PHP': {
    log: `
A|[2020-12-26 16:24:51] local.ERROR: refused {"exception":"[object] (Illuminate\\\\Database\\\\QueryException(code: 2002): refused at /srv/C.php:671)
A|[stacktrace]
A|#0 /srv/C.php(631): run()
A|#1 {main}
A|
A|[previous exception] [object] (PDOException(code: 2002): refused at /srv/D.php:70)
A|[stacktrace]
A|#0 /srv/D.php(70): PDO->__construct()
A|"}
 |[2020-12-26 16:24:52] local.INFO: ok
`,
    says: [{ type: 'Illuminate\\Database\\QueryException' }],
  },
  'causes of Rust behind a blank line': {
    log: `
A|Error: failed to load configuration
A|
A|Caused by:
A|    No such file or directory (os error 2)
 |exit
`,
  },
  'statements of PostgreSQL, which are no part of the message': {
    log: `
A|2023-05-06 00:36:55.113 UTC [7332] ERROR:  canceling statement due to statement timeout
A|2023-05-06 00:36:55.113 UTC [7332] STATEMENT:  SELECT * FROM t WHERE name='ann'
 |2023-05-06 00:36:56.113 UTC [7332] LOG:  checkpoint complete
`,
    says: [{ message: 'canceling statement due to statement timeout' }],
  },
  'a class that ends the line above its frames': {
    log: `
A|12:00:00.000 ERROR [a] request to /a: java.lang.NullPointerException
A|	at com.a.A.b(A.java:1)
`,
    says: [{ type: 'java.lang.NullPointerException' }],
  },
  'an object in JSON behind a text': {
    log: `
A|error: payment failed {"orderId":"a81f","stack":"PaymentError: charge\\n    at pay (/srv/a.js:1:1)"}
B|2026-01-29T17:14:37.197Z	21706b0d-9561-4a3d-a4f6-ddfc24be6d07	ERROR	Invoke Error 	{"errorType":"TypeError","errorMessage":"no Records","stack":["TypeError: no Records","    at Runtime.handler (/var/task/index.js:3:31)"]}
C|error: save failed {"orderId":17}
 |info: saved {"orderId":17,"stack":"none"}
`,
    says: [
      { type: 'PaymentError', message: 'payment failed: charge', stack: ['at pay (/srv/a.js:1:1)'] },
      {
        type: 'TypeError',
        message: 'Invoke Error: no Records',
        stack: ['at Runtime.handler (/var/task/index.js:3:31)'],
      },
      { type: 'Error', message: 'save failed', stack: [] },
    ],
  },
  'an object in JSON over several lines': {
    log: `
A|2021-02-05T03:18:44.062Z	1abd6db3-2523-4759-a9b6-4efb26d1bf14	ERROR	Unhandled Promise Rejection 	{
A|    "errorType": "ResourceInUseException",
A|    "stack": [
A|        "    at Request.emit (/var/task/sequential_executor.js:78:10)"
A|    ]
A|}
 |END RequestId: 1abd6db3-2523-4759-a9b6-4efb26d1bf14
`,
    says: [{ message: 'Unhandled Promise Rejection' }],
  },
  'an error that stands below the line that says there is one': {
    log: `
A|Unhandled exception:
A|FormatException: bad input
A|#0      main (file:///srv/app/main.dart:3:4)
 |done
B|prisma:error
B|PrismaClientInitializationError: no connection
 |prisma:info next
C|thread 'main' panicked at src/main.rs:3:5:
C|ParseError: bad input
C|note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace
`,
    says: [
      { type: 'FormatException', message: 'bad input' },
      { type: 'PrismaClientInitializationError', message: 'no connection' },
      { type: 'panic', message: 'src/main.rs:3:5:\nParseError: bad input' },
    ],
  },
  'what MongoDB gives as attributes': {
    log: `
A|{"t":{"$date":"2026-05-05T05:05:05.000Z"},"s":"E","c":"STORAGE","id":22435,"ctx":"main","msg":"WiredTiger error","attr":{"error":13,"message":"open: Permission denied"}}
`,
    says: [{ message: 'WiredTiger error: open: Permission denied' }],
  },
};

function read(log: string): { lines: string[]; owners: string[] } {
  // The first line of a log is read in any case; the others are searched for.
  const marked = [' |up', ...log.split('\n').slice(1, -1)];
  return { lines: marked.map((line) => line.slice(2)), owners: marked.map((line) => line.charAt(0)) };
}

function extentsOf(owners: readonly string[]): [first: number, last: number][] {
  const letters = [...new Set(owners)].filter((owner) => owner !== ' ').sort();
  return letters.map((letter) => [owners.indexOf(letter) + 1, owners.lastIndexOf(letter) + 1]);
}

function detect(lines: readonly string[]): DetectedEvent[] {
  const detector = createEventDetector();
  return [...detector.push(Buffer.from(`${lines.join('\n')}\n`), 0), ...detector.end()];
}

describe('an event keeps to itself', () => {
  for (const [name, { log, says }] of Object.entries(cases)) {
    test(name, () => {
      const { lines, owners } = read(log);
      const events = detect(lines);
      expect(events.map(({ startLine, endLine }) => [startLine, endLine])).toEqual(extentsOf(owners));
      if (says) expect(events.map(({ error }) => error)).toMatchObject(says);
    });
  }
});
