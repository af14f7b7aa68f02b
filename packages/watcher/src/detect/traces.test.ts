import { describe, expect, test } from 'vitest';
import { detectIn, linesOf, readMarkedLog } from './marked-log.testkit.js';

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
  'an error that was only told of, and lines that follow it': {
    log: `
 |Job 7 failed: Error: timeout
 |GET /a 200 3ms
 |✓ throws RangeError: too many
A|Sending failed: TypeError: x is not a function
A|    at send (/app/mail.js:3:9)
 |Job 8 failed: Error: timeout
`,
    says: [{ type: 'TypeError', message: 'Sending failed: TypeError: x is not a function' }],
  },
  'the fields of an error without frames, behind what a program says of it': {
    log: `
A|read failed: [Error: ENOENT: no such file or directory, open '/nope'] {
A|  errno: -2,
A|  code: 'ENOENT'
A|}
 |read failed: [Error: ENOENT: no such file or directory]
B|2026-05-05T05:05:05.123Z load failed Error: EACCES {
B|  errno: -13
B|}
C|Uncaught [TypeError: bad] {
C|  code: 'E'
C|}
`,
    says: [
      { type: 'Error', message: "read failed: [Error: ENOENT: no such file or directory, open '/nope']" },
      { type: 'Error', message: 'load failed Error: EACCES' },
      { type: 'TypeError', message: 'bad' },
    ],
  },
  'the version of Node below an error without frames': {
    log: `
A|[Error: ENOENT: no such file] {
A|  errno: -2
A|}
A|
A|Node.js v20.20.2
 |[nodemon] app crashed
`,
    says: [{ message: 'ENOENT: no such file' }],
  },
  'a promise that was rejected with an error without frames': {
    log: `
A|Unhandled Rejection at: Promise {
A|  <rejected> [Error: gone] {
A|    errno: -2
A|  }
A|} reason: [Error: gone] {
A|  errno: -2
A|}
 |up again
`,
    says: [{ type: 'Error', message: 'gone' }],
  },
  'a test that passed, and one that did not': {
    log: `
 |  ✓ returns TypeError: bad on null
 |  1 failing
A|      AssertionError: expected 1
A|          at Context (/srv/test/a.js:1:1)
 |done
`,
    says: [{ type: 'AssertionError' }],
  },
  'an error inside of an object': {
    log: `
 |{
A|  err: Error: boom
A|      at run (/srv/a.js:1:1) {
A|    code: 'X'
A|  },
 |  level: 'error'
 |}
`,
  },
  'an excerpt whose numbers are padded': {
    log: `
A|Error: boom
A|    at Page (app/page.tsx:9:9)
A|   8 |   const a = 1;
A|>  9 |   throw new Error('boom');
A|     |         ^
A|  10 | }
 |GET / 500
`,
  },
  'a line of the source above the frames': {
    log: `
A|error: Uncaught (in promise) NotCapable: Requires net access
A|const r = await fetch("http://localhost:9/");
A|          ^
A|    at mainFetch (ext:deno_fetch/26_fetch.js:192:12)
 |done
`,
    says: [{ type: 'NotCapable', message: 'Requires net access' }],
  },
  'what only the fields of an error say': {
    log: `
A|Error
A|    at Query.run (/app/node_modules/sequelize/lib/query.js:50:25)
A|    at async create (/app/src/orders.js:9:17) {
A|  name: 'SequelizeUniqueConstraintError',
A|  parent: error: duplicate key value
A|      at Parser.parse (/app/node_modules/pg-protocol/dist/parser.js:287:98)
A|}
B|ERROR HttpErrorResponse {
B|  status: 0,
B|  name: 'HttpErrorResponse',
B|  message: 'Http failure response for /api'
B|}
C|[Nest] 7  - 05/02/2026, 10:00:01 AM   ERROR [Orders] Object:
C|{
C|  "orderId": 5
C|}
 |
D|[Nest] 7  - 05/02/2026, 10:00:02 AM   ERROR [Orders] Object(1) {
D|  reason: 'no stock'
D|}
 |[Nest] 7  - 05/02/2026, 10:00:03 AM     LOG up
`,
    says: [
      { type: 'SequelizeUniqueConstraintError', message: 'duplicate key value' },
      { type: 'HttpErrorResponse', message: 'Http failure response for /api' },
      { message: 'Object:\n{\n"orderId": 5' },
      { message: "Object(1)\nreason: 'no stock'" },
    ],
  },
  'crashes of the runtime and of the platform': {
    log: `
A|node: ../src/api/callback.cc:139:void node::Close(): Assertion \`(x) == (0)' failed.
A| 1: 0xb090e0 node::Abort() [node]
 |npm info
B|# Fatal error in , line 0
B|# unreachable code
B|#
B| 1: 0xc9a1d1  [node]
 |[info] restarted
C|2026-05-02T10:00:32.123457+00:00 heroku[web.1]: Error R14 (Memory quota exceeded)
 |2026-05-02T10:00:33.123457+00:00 heroku[web.1]: State changed
`,
    says: [{ type: 'crash' }, { type: 'crash' }, { message: 'Error R14 (Memory quota exceeded)' }],
  },
  'what React warns of': {
    log: `
 |Warning: Each child in a list should have a unique "key" prop.
 |
 |Check the render method of \`List\`.
 |    at Item (/app/dist/server.js:120:11)
 |GET / 200
`,
  },
  'records that are printed over several lines': {
    log: `
A|{
A|  message: 'TypeError: boom',
A|  level: 'error',
A|  stack: 'TypeError: boom\\n' +
A|    '    at run (/srv/a.js:1:1)\\n' +
A|    '    at main (/srv/a.js:2:2)',
A|  list: [ 1, [Object], ... 3 more items ],
A|  at: 2026-05-05T05:05:05.000Z,
A|  inner: { level: 'info' }
A|}
 |{
 |  message: 'TypeError: told',
 |  level: 'info',
 |  inner: {
 |    level: 'error'
 |  }
 |}
B|{
B|  "level": 50,
B|  "msg": "bang"
B|}
C|{ message: 'one line', level: 'error' }
 |{ message: 'TypeError: told', level: 'info' }
D|{
D|  level: 'error',
D|  what: <Buffer 01>
D|}
 |done
`,
    says: [
      { type: 'TypeError', message: 'TypeError: boom', stack: ['at run (/srv/a.js:1:1)', 'at main (/srv/a.js:2:2)'] },
      { message: 'bang' },
      { message: 'one line' },
      {},
    ],
  },
  'what MongoDB gives as attributes': {
    log: `
A|{"t":{"$date":"2026-05-05T05:05:05.000Z"},"s":"E","c":"STORAGE","id":22435,"ctx":"main","msg":"WiredTiger error","attr":{"error":13,"message":"open: Permission denied"}}
`,
    says: [{ message: 'WiredTiger error: open: Permission denied' }],
  },
};

describe('an event keeps to itself', () => {
  for (const [name, { log, says }] of Object.entries(cases)) {
    test(name, () => {
      const { lines, events: expected } = readMarkedLog(log);
      const events = detectIn(lines);
      expect(events.map(linesOf)).toEqual(expected);
      if (says) expect(events.map(({ error }) => error)).toMatchObject(says);
    });
  }
});
