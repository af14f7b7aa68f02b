#!/usr/bin/env node
// Deterministic log generator with a truth file, for throughput and grouping-accuracy runs.
// The same options and seed give byte-identical output (live mode adds wall-clock fields to the truth file only).
//
//   node genlog.mjs --out app.log --truth truth.jsonl --size 1G --format mixed --error-rate 0.01 --groups 200 --seed 1
//   node genlog.mjs --out burst.log --truth t.jsonl --error-rate 1 --groups 1000 --events 100000     (error burst)
//   node genlog.mjs --out live.log --truth t.jsonl --rate 5 --duration 60                            (append 5 MB/s)
//
// Options: --out FILE ('-' = stdout)   --truth FILE   --size N[K|M|G]   --events N (stop after N error events)
//   --format plain|pino|winston|access|pm2|docker|mixed|a,b,c   (mixed = plain,pino,access; one record each, interleaved)
//   --error-rate F  share of RECORDS that are error events (0.001, 0.01, 0.1); a stack trace is one record, many lines
//   --groups N      distinct errors          --zipf S   skew of group frequencies (0 = uniform; default 1.0)
//   --decoys F      share of non-error records holding error-like words (default 0.002)
//   --utf8 F        share of non-error records holding multi-byte text (default 0.01)
//   --interleave F  share of plain multi-line errors with one foreign record inside the stack (default 0)
//   --hard          adds volatile parts that no digit/hex rule can find (free words in quotes)
//   --seed N   --append   --rate MB/s   --duration SEC   --full (whole stack in every truth event)   --crlf
//
// Truth file, JSON lines: {"type":"meta"}; {"type":"group"} per distinct error; {"type":"event"} per error event with
// g (group id), off/len (byte span in the log), line (1-based first line), fmt, name, msg (rendered), tail (index into
// the group's "tails"); {"type":"total"} last. Stack of an event = [name + ": " + msg, ...group.top, ...group.tails[tail]].
// Group identity = message with volatile parts removed + top frames: some groups share the message and differ in the
// top frames, some share the frames and differ in the message; frames below the top 3 vary inside a group.
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';

// ---------- randomness ----------
export function rng(seed) {
  let a = (seed * 2654435761) >>> 0 || 1;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const HEX = '0123456789abcdef',
  B62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const H2 = Array.from({ length: 256 }, (_, i) => HEX[i >> 4] + HEX[i & 15]);

export function makeGenerator(o) {
  const R = rng(o.seed),
    ri = (n) => (R() * n) | 0,
    pick = (a) => a[ri(a.length)];
  const hex = (n) => {
    let s = '';
    while (s.length < n) {
      const v = (R() * 4294967296) >>> 0;
      s += H2[v & 255] + H2[(v >>> 8) & 255] + H2[(v >>> 16) & 255] + H2[v >>> 24];
    }
    return s.length === n ? s : s.slice(0, n);
  };
  const b62 = (n) => {
    let s = '';
    for (let i = 0; i < n; i++) s += B62[ri(62)];
    return s;
  };
  const uuid = () => {
    const h = hex(32);
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`;
  };
  const ip = () => `10.${ri(256)}.${ri(256)}.${1 + ri(254)}`;
  let now = Date.UTC(2026, 2, 1, 0, 0, 0);
  let secKey = -1,
    secStr = '',
    ngxStr = '',
    accStr = '';
  const MON = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const tick = () => {
    now += ri(4);
    const s = Math.floor(now / 1000);
    if (s !== secKey) {
      secKey = s;
      const i = new Date(s * 1000).toISOString();
      secStr = i.slice(0, 19);
      ngxStr = i.slice(0, 10).replaceAll('-', '/') + ' ' + i.slice(11, 19);
      accStr = `${i.slice(8, 10)}/${MON[+i.slice(5, 7) - 1]}/${i.slice(0, 4)}:${i.slice(11, 19)} +0000`;
    }
  };
  const iso = () => {
    const ms = now % 1000;
    return secStr + (ms < 10 ? '.00' : ms < 100 ? '.0' : '.') + ms + 'Z';
  };

  // ---------- word stock ----------
  const ENT =
    'order,invoice,user,session,cart,payment,shipment,coupon,refund,product,catalog,ticket,webhook,tenant,report,upload,profile,subscription,ledger,device'.split(
      ',',
    );
  const FIELD =
    'total,email,status,items,address,price,currency,owner,expiresAt,quantity,token,slug,region,balance,locale,rating,parent,version,channel,digest'.split(
      ',',
    );
  const VERB =
    'load,save,find,create,update,remove,apply,render,parse,send,fetch,merge,sync,check,build,charge,resolve,publish,lock,import'.split(
      ',',
    );
  const MOD = 'service,controller,repository,handler,client,worker,middleware,queue,mapper,cache'.split(',');
  const HOST = 'billing,search,mailer,ledger,geo,stock,auth,media'.split(',');
  const LIB = [
    'express/lib/router/layer.js',
    'express/lib/router/route.js',
    'mongodb/lib/cmap/connection.js',
    'pg/lib/client.js',
    'axios/dist/node/axios.cjs',
    'ioredis/built/redis/index.js',
    'bullmq/dist/cjs/classes/worker.js',
    'undici/lib/core/request.js',
  ];
  const NODEF = [
    'node:internal/process/task_queues:95:5',
    'node:net:1595:16',
    'node:events:518:28',
    'node:internal/timers:581:17',
    'node:_http_client:512:35',
  ];
  const cap = (s) => s[0].toUpperCase() + s.slice(1);
  const LAST = 'smith,garcia,ivanov,chen,okafor,muller,rossi,tanaka,kim,silva'.split(',');
  const WORDS = 'blue,river,mountain,kettle,orbit,velvet,lantern,pepper,harbor,walnut,signal,ember'.split(',');

  // volatile parts: {name}. static parts: <name>, fixed when the group is made.
  const VOL = {
    int: () => String(1 + ri(9999999)),
    small: () => String(1 + ri(900)),
    float: () => (R() * 1000).toFixed(2),
    uuid,
    ip,
    port: () => String(1024 + ri(60000)),
    hex8: () => hex(8),
    hex16: () => hex(16),
    hex32: () => hex(32),
    objid: () => hex(24),
    addr: () => '0x' + hex(12),
    iso,
    epoch: () => String(now),
    b62: () => b62(14),
    jwt: () => `eyJhbGciOi${b62(18)}.${b62(40)}.${b62(24)}`,
    email: () => `${pick(LAST)}${ri(9999)}@example.com`,
    date: () => secStr.slice(0, 10),
    dur: () => `${ri(30000)}ms`,
    word: () => pick(WORDS) + ' ' + pick(WORDS),
  };
  const FAM = [
    ['TypeError', `Cannot read properties of undefined (reading '<field>')`],
    ['TypeError', `<ent>.<verb><Ent> is not a function`],
    ['ReferenceError', `<verb><Ent>Cache is not defined`],
    ['NotFoundError', `<Ent> {int} not found in region <field>`],
    ['ConflictError', `<Ent> {uuid} is locked by session {hex8}`],
    ['Error', `connect ECONNREFUSED {ip}:{port}`, 'ECONNREFUSED'],
    ['Error', `connect ETIMEDOUT {ip}:{port}`, 'ETIMEDOUT'],
    ['Error', `getaddrinfo ENOTFOUND <host>-<ent>.internal`, 'ENOTFOUND'],
    [
      'MongoServerError',
      `E11000 duplicate key error collection: shop.<ent>s index: <field>_1 dup key: { <field>: "{email}" }`,
      11000,
    ],
    ['MongoNetworkTimeoutError', `connection {small} to {ip}:27017 timed out while reading <ent>s`],
    ['DatabaseError', `column "<field>" of relation "<ent>s" does not exist`, '42703'],
    [
      'DatabaseError',
      `deadlock detected on <ent>s: process {int} waits for ShareLock on transaction {int}; blocked by process {int}`,
      '40P01',
    ],
    ['SyntaxError', `Unexpected token < in JSON at position {small} while parsing <ent> <field>`],
    ['ValidationError', `<Ent> validation failed: <field>: {float} is more than the allowed {float}`],
    ['JsonWebTokenError', `invalid signature for <ent> token {jwt}`],
    ['TokenExpiredError', `jwt of <ent> expired at {iso}`],
    ['AxiosError', `Request failed with status code 502 from <host> for <ent>`, 'ERR_BAD_RESPONSE'],
    ['TimeoutError', `timeout of {dur} exceeded calling https://<host>.example.com/v1/<ent>s/{objid}?trace={hex16}`],
    ['Error', `ENOENT: no such file or directory, open '/tmp/<ent>s/{hex32}.<field>'`, 'ENOENT'],
    ['Error', `Job <ent>-<verb>:{int} stalled more than {small} times`],
    ['LockError', `Lock <ent>s/{uuid} expired {dur} ago at {epoch}`],
    ['PaymentError', `charge ch_{b62} declined for <ent> {int}: bad <field>`],
    ['AssertionError', `expected <ent> <field> {float} to equal {float}`],
    ['Error', `native handle {addr} closed twice in <verb><Ent>`],
    ['WorkerError', `worker {small} exited with code 137 after {dur} while running <verb>-<ent>`],
    ['Error', `Übertragung für Kunde {int} fehlgeschlagen: <ent>/<field> – später erneut`],
    ['QuotaError', `quota of {email} for <ent>s exceeded on {date} (limit {int})`],
  ];
  if (o.hard)
    FAM.push(
      ['ValidationError', `Cast to Number failed for value "{word}" at path "<field>" of <ent>`],
      ['SearchError', `no result for query "{word}" in <ent>s`],
    );

  // ---------- groups ----------
  const appFrame = () => {
    const e = pick(ENT),
      f = pick(VERB) + cap(pick(ENT));
    return R() < 0.3
      ? `    at async ${cap(e)}${cap(pick(MOD))}.${f} (/srv/app/dist/${e}/${e}.${pick(MOD)}.js:${10 + ri(900)}:${3 + ri(60)})`
      : `    at ${R() < 0.5 ? cap(e) + cap(pick(MOD)) + '.' : ''}${f} (/srv/app/dist/${e}/${e}.${pick(MOD)}.js:${10 + ri(900)}:${3 + ri(60)})`;
  };
  const libFrame = () =>
    R() < 0.5
      ? `    at ${pick(['next', 'Layer.handle', 'dispatch', 'onMessage', 'run', 'processTicksAndRejections'])} (/srv/app/node_modules/${pick(LIB)}:${10 + ri(900)}:${3 + ri(40)})`
      : `    at ${pick(['process.processTicksAndRejections', 'TCPConnectWrap.afterConnect [as oncomplete]', 'Socket.emit', 'listOnTimeout'])} (${pick(NODEF)})`;
  const SVC = ['orders-api', 'auth', 'billing-worker', 'gateway', 'search', 'notifier'];
  const groups = [],
    seen = new Set();
  let tries = 0;
  while (groups.length < o.groups) {
    const fmt = o.formats[groups.length % o.formats.length];
    const prev = groups.length > 3 && R() < 0.25 ? groups[ri(groups.length)] : null; // near twins
    let fam, st, top;
    if (prev && !prev.nostack && prev.fmt === fmt && R() < 0.6) {
      fam = prev.fam;
      st = prev.st;
      top = [appFrame(), appFrame(), libFrame()];
    } else if (prev && !prev.nostack && prev.fmt === fmt) {
      fam = pick(FAM);
      st = { field: pick(FIELD), ent: pick(ENT), verb: pick(VERB), host: pick(HOST) };
      top = prev.top;
    } else {
      fam = pick(FAM);
      st = { field: pick(FIELD), ent: pick(ENT), verb: pick(VERB), host: pick(HOST) };
      top = [R() < 0.85 ? appFrame() : libFrame(), appFrame(), R() < 0.5 ? appFrame() : libFrame()];
    }
    const nostack = fmt === 'access' || (!prev && R() < 0.12);
    if (nostack) top = [];
    const tpl = fam[1].replace(/<(\w+)>/g, (_, k) => (k === 'Ent' ? cap(st.ent) : st[k]));
    const ctx = `${cap(pick(VERB))} ${st.ent} failed`;
    const key = fmt === 'access' ? `a|${tpl}` : `${fam[0]}|${tpl}|${top.join('|')}`;
    if (seen.has(key)) {
      if (++tries > 50 * o.groups + 1000) break;
      continue;
    }
    seen.add(key);
    const tails = [];
    if (!nostack)
      for (let i = 0, n = 1 + ri(3); i < n; i++) {
        const t = [];
        for (let j = 0, m = 1 + ri(8); j < m; j++) t.push(R() < 0.4 ? appFrame() : libFrame());
        tails.push(t);
      }
    const parts = tpl.split(/\{(\w+)\}/).map((s, i) => (i & 1 ? VOL[s] : s)); // a brace that is not a volatile name stays text
    groups.push({
      id: `g${groups.length}`,
      fmt,
      fam,
      st,
      top,
      tails,
      nostack,
      parts,
      tpl,
      ctx,
      name: fam[0],
      code: fam[2],
      svc: pick(SVC),
      pid: 1000 + ri(30000),
      style:
        fmt === 'plain' || fmt === 'pm2' || fmt === 'docker'
          ? R() < 0.7
            ? 'logger'
            : R() < 0.6
              ? 'console'
              : 'uncaught'
          : 'json',
      fatal: R() < 0.05,
    });
  }
  const msgOf = (g) => {
    const p = g.parts;
    let s = '';
    for (let i = 0; i < p.length; i++) s += typeof p[i] === 'function' ? p[i]() : p[i];
    return s;
  };
  const cum = new Float64Array(groups.length);
  let acc = 0;
  {
    const order = groups.map((_, i) => i);
    for (let i = order.length - 1; i > 0; i--) {
      const j = ri(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    groups.sort((a, b) => order[+a.id.slice(1)] - order[+b.id.slice(1)]);
  }
  for (let i = 0; i < groups.length; i++) cum[i] = acc += 1 / Math.pow(i + 1, o.zipf);
  const pickGroup = () => {
    const x = R() * acc;
    let lo = 0,
      hi = cum.length - 1;
    while (lo < hi) {
      const m = (lo + hi) >> 1;
      if (cum[m] < x) lo = m + 1;
      else hi = m;
    }
    return groups[lo];
  };

  // ---------- records: each returns an array of physical lines ----------
  const INFO = [
    () => `GET /api/v1/${pick(ENT)}s/${ri(999999)} completed in ${ri(900)}ms status=200 bytes=${ri(99999)}`,
    () =>
      `${cap(pick(ENT))} ${uuid()} ${pick(['created', 'updated', 'synced', 'queued', 'archived'])} by user ${ri(99999)} from ${ip()}`,
    () => `cache ${pick(['hit', 'miss'])} key=${pick(ENT)}:${hex(16)} ttl=${ri(3600)}s size=${ri(9999)}`,
    () => `db query SELECT * FROM ${pick(ENT)}s WHERE id=$1 took ${ri(120)}ms rows=${ri(50)} pool=${ri(20)}/20`,
    () => `job ${pick(VERB)}-${pick(ENT)} #${ri(999999)} finished attempts=1 duration=${ri(5000)}ms queue=default`,
  ];
  const DECOY = [
    () => `health check passed: 0 errors, ${ri(9)} warnings, uptime ${ri(99999)}s`,
    () => `metrics flush errorRate=0.0${ri(9)} p99=${ri(900)}ms failed=0`,
    () => `ErrorBoundary registered for route /${pick(ENT)}s/${ri(999)}`,
    () => `retry policy loaded: retryOn=[ECONNRESET,ETIMEDOUT,ECONNREFUSED] max=${ri(9)}`,
    () => `loaded error page template errors/5${ri(9)}0.html in ${ri(90)}ms`,
    () => `audit: FATAL threshold set to ${ri(100)} by admin ${ri(999)}`,
  ];
  const UTF = [
    () => `Сообщение для пользователя ${ri(99999)} доставлено за ${ri(900)} мс`,
    () => `profil de café n° ${ri(9999)} enregistré ✓ (${ip()})`,
    () => `注文 ${ri(99999)} を処理しました 📦 ${ri(900)}ms`,
  ];
  const UA = [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36',
    'curl/8.5.0',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15',
  ];
  let n5xx = 0,
    nDecoy = 0;
  const text = () => {
    const x = R();
    if (x < o.decoys) {
      nDecoy++;
      return pick(DECOY)();
    }
    if (x < o.decoys + o.utf8) return pick(UTF)();
    return INFO[ri(INFO.length)]();
  };
  const wrap = {
    // one physical line -> one physical line in the outer format
    plain: (l) => l,
    pm2: (l, svc) => `${svc.length}|${svc.padEnd(14)} | ${l}`,
    docker: (l, _s, err) =>
      `{"log":${JSON.stringify(l + '\n')},"stream":"${err ? 'stderr' : 'stdout'}","time":"${iso().slice(0, -1)}${100000 + ri(899999)}Z"}`,
  };
  const plainInfo = (svc) =>
    `${iso()} ${R() < 0.08 ? 'WARN ' : R() < 0.2 ? 'DEBUG' : 'INFO '} [${svc}] (${hex(8)}) ${text()}`;
  const ok = {
    plain: () => plainInfo(pick(SVC)),
    pm2: () => {
      const s = pick(SVC);
      return wrap.pm2(plainInfo(s), s);
    },
    docker: () => wrap.docker(plainInfo(pick(SVC)), '', false),
    pino: () =>
      `{"level":${R() < 0.08 ? 40 : 30},"time":${now},"pid":${1000 + ri(9)},"hostname":"web-${ri(4)}","name":"${pick(SVC)}","reqId":"${uuid()}","req":{"method":"GET","url":"/api/v1/${pick(ENT)}s/${ri(99999)}","remoteAddress":"${ip()}"},"responseTime":${ri(900)},"msg":${JSON.stringify(text())}}`,
    winston: () =>
      `{"level":"${R() < 0.08 ? 'warn' : 'info'}","message":${JSON.stringify(text())},"service":"${pick(SVC)}","timestamp":"${iso()}","traceId":"${hex(32)}"}`,
    access: () => {
      const x = R();
      let st = x < 0.9 ? 200 : x < 0.95 ? 304 : x < 0.995 ? 404 : 502;
      if (st === 502) n5xx++;
      const u =
        R() < o.decoys ? (nDecoy++, '/static/error-report.js') : `/api/v1/${pick(ENT)}s/${ri(99999)}?page=${ri(9)}`;
      return `${ip()} - - [${accStr}] "GET ${u} HTTP/1.1" ${st} ${ri(99999)} "https://shop.example.com/" "${pick(UA)}"`;
    },
  };
  const textErr = (g, msg, tail) => {
    const out = [],
      st = `${g.name}: ${msg}`,
      fr = g.nostack ? [] : g.top.concat(g.tails[tail]);
    if (g.nostack) out.push(`${iso()} ${g.fatal ? 'FATAL' : 'ERROR'} [${g.svc}] (${hex(8)}) ${g.ctx}: ${st}`);
    else if (g.style === 'logger') {
      out.push(`${iso()} ${g.fatal ? 'FATAL' : 'ERROR'} [${g.svc}] (${hex(8)}) ${g.ctx}: ${st}`);
      out.push(...fr);
      if (g.code) {
        out[out.length - 1] += ' {';
        out.push(`  code: ${JSON.stringify(g.code).replaceAll('"', "'")},`, `  requestId: '${uuid()}'`, '}');
      }
    } else if (g.style === 'console') {
      out.push(st);
      out.push(...fr);
      if (g.code) {
        out[out.length - 1] += ' {';
        out.push(`  code: ${JSON.stringify(g.code).replaceAll('"', "'")}`, '}');
      }
    } else {
      const m = /\(?([^( ]+):(\d+):\d+\)?$/.exec(g.top[0]);
      out.push(`${m[1]}:${m[2]}`, `    throw new ${g.name}(detail);`, '    ^', '', st, ...fr, '', 'Node.js v20.20.2');
    }
    return out;
  };
  const jsonStack = (g, msg, tail) =>
    JSON.stringify([`${g.name}: ${msg}`, ...g.top, ...(g.nostack ? [] : g.tails[tail])].join('\n'));
  const err = {
    plain: textErr,
    pm2: (g, m, t) => textErr(g, m, t).map((l) => wrap.pm2(l, g.svc)),
    docker: (g, m, t) => textErr(g, m, t).map((l) => wrap.docker(l, '', true)),
    pino: (g, m, t) => [
      `{"level":${g.fatal ? 60 : 50},"time":${now},"pid":${g.pid},"hostname":"web-${ri(4)}","name":"${g.svc}","reqId":"${uuid()}",` +
        (g.nostack
          ? `"msg":${JSON.stringify(g.name + ': ' + m)}}`
          : `"err":{"type":"${g.name}","message":${JSON.stringify(m)},"stack":${jsonStack(g, m, t)}${g.code ? `,"code":${JSON.stringify(g.code)}` : ''}},"msg":${JSON.stringify(g.ctx)}}`),
    ],
    winston: (g, m, t) => [
      `{"level":"error","message":${JSON.stringify(g.nostack ? `${g.name}: ${m}` : `${g.ctx} ${m}`)},"service":"${g.svc}",${g.nostack ? '' : `"stack":${jsonStack(g, m, t)},`}"timestamp":"${iso()}","traceId":"${hex(32)}"}`,
    ],
    access: (g, m) => [
      `${ngxStr} [error] ${g.pid}#${g.pid}: *${ri(999999)} ${m} while reading response header from upstream, client: ${ip()}, server: shop.example.com, request: "GET /api/v1/${g.st.ent}s/${ri(99999)} HTTP/1.1", upstream: "http://127.0.0.1:${3000 + ri(4)}/", host: "shop.example.com"`,
    ],
  };
  const counts = new Map(groups.map((g) => [g.id, 0]));
  let nRec = 0,
    nErr = 0,
    nLines = 0,
    off = 0;
  const EOL = o.crlf ? '\r\n' : '\n';
  const byteLen = (s) => Buffer.byteLength(s);
  // next(): one record -> { s: text with line ends, ev: truth event or null }
  const next = () => {
    tick();
    nRec++;
    if (R() < o.errorRate) {
      const g = pickGroup(),
        msg = msgOf(g),
        tail = g.nostack ? 0 : ri(g.tails.length);
      const lines = err[g.fmt](g, msg, tail);
      if (o.interleave && lines.length > 3 && R() < o.interleave) lines.splice(2, 0, ok[g.fmt]());
      const s = lines.join(EOL) + EOL,
        len = byteLen(s);
      counts.set(g.id, counts.get(g.id) + 1);
      nErr++;
      const ev = {
        type: 'event',
        g: g.id,
        off,
        len,
        line: nLines + 1,
        fmt: g.fmt,
        name: g.fmt === 'access' ? '' : g.name,
        msg,
        tail,
      };
      if (o.full) ev.stack = [`${g.name}: ${msg}`, ...g.top, ...(g.tails[tail] ?? [])].join('\n');
      off += len;
      nLines += lines.length;
      return { s, ev };
    }
    const s = ok[o.formats.length === 1 ? o.formats[0] : pick(o.formats)]() + EOL;
    off += o.utf8 || o.crlf ? byteLen(s) : s.length;
    nLines++;
    return { s, ev: null };
  };
  const groupRows = () =>
    groups.map((g) => ({
      type: 'group',
      id: g.id,
      fmt: g.fmt,
      style: g.style,
      svc: g.svc,
      name: g.name,
      template: g.tpl,
      context: g.ctx,
      code: g.code ?? null,
      nostack: g.nostack,
      top: g.top,
      tails: g.tails,
    }));
  const total = () => ({
    type: 'total',
    bytes: off,
    lines: nLines,
    records: nRec,
    errors: nErr,
    groups_seen: [...counts.values()].filter(Boolean).length,
    decoys: nDecoy,
    access_5xx: n5xx,
    per_group: Object.fromEntries([...counts].filter(([, n]) => n)),
  });
  return {
    next,
    groupRows,
    total,
    get bytes() {
      return off;
    },
    get errors() {
      return nErr;
    },
  };
}

// ---------- command line ----------
function parseArgs(argv) {
  const o = {
    out: '-',
    size: '100M',
    format: 'mixed',
    'error-rate': '0.01',
    groups: '200',
    zipf: '1',
    decoys: '0.002',
    utf8: '0.01',
    interleave: '0',
    seed: '1',
  };
  for (let i = 0; i < argv.length; i++) {
    const k = argv[i].replace(/^--/, '');
    if (['hard', 'append', 'full', 'crlf', 'help'].includes(k)) o[k] = true;
    else o[k] = argv[++i];
  }
  return o;
}
async function main() {
  const a = parseArgs(process.argv.slice(2));
  if (a.help) {
    process.stdout.write(
      fs
        .readFileSync(fileURLToPath(import.meta.url), 'utf8')
        .split('\n')
        .filter((l) => l.startsWith('//'))
        .slice(0, 26)
        .join('\n') + '\n',
    );
    return;
  }
  const bytes = (s) => parseFloat(s) * ({ K: 1e3, M: 1e6, G: 1e9 }[String(s).slice(-1).toUpperCase()] ?? 1);
  const formats = a.format === 'mixed' ? ['plain', 'pino', 'access'] : a.format.split(',');
  const g = makeGenerator({
    formats,
    errorRate: +a['error-rate'],
    groups: +a.groups,
    zipf: +a.zipf,
    decoys: +a.decoys,
    utf8: +a.utf8,
    interleave: +a.interleave,
    seed: +a.seed,
    hard: !!a.hard,
    full: !!a.full,
    crlf: !!a.crlf,
  });
  const fd = a.out === '-' ? 1 : fs.openSync(a.out, a.append ? 'a' : 'w');
  const tfd = a.truth ? fs.openSync(a.truth, 'w') : -1;
  const writeAll = (f, s) => {
    const b = Buffer.from(s);
    let p = 0;
    while (p < b.length) p += fs.writeSync(f, b, p);
  };
  let tbuf = '';
  const truth = (r) => {
    if (tfd < 0) return;
    tbuf += JSON.stringify(r) + '\n';
    if (tbuf.length > 1 << 20) {
      writeAll(tfd, tbuf);
      tbuf = '';
    }
  };
  truth({ type: 'meta', ...a, out: undefined, truth: undefined });
  for (const r of g.groupRows()) truth(r);
  const maxEv = a.events ? +a.events : Infinity,
    rate = a.rate ? +a.rate * 1e6 : 0;
  const maxB =
    a.events && !process.argv.includes('--size') ? Infinity : rate && a.duration ? rate * +a.duration : bytes(a.size);
  const t0 = Date.now();
  let buf = '',
    n = 0;
  while (g.bytes < maxB && g.errors < maxEv) {
    const { s, ev } = g.next();
    buf += s;
    n += s.length;
    if (ev) {
      if (rate) ev.t = Date.now();
      truth(ev);
    }
    if (n > (rate ? Math.min(1 << 20, rate / 100) : 1 << 20)) {
      writeAll(fd, buf);
      buf = '';
      n = 0;
      if (rate) {
        const ahead = (g.bytes / rate) * 1000 - (Date.now() - t0);
        if (ahead > 5) await new Promise((r) => setTimeout(r, ahead));
      }
    }
  }
  writeAll(fd, buf);
  truth(g.total());
  if (tfd >= 0) {
    writeAll(tfd, tbuf);
    fs.closeSync(tfd);
  }
  if (fd !== 1) fs.closeSync(fd);
  const t = g.total();
  process.stderr.write(
    `bytes=${t.bytes} lines=${t.lines} records=${t.records} errors=${t.errors} groups=${t.groups_seen} decoys=${t.decoys}\n`,
  );
}
if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
