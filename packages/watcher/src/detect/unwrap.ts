// What runtimes put around a line of an application: container logs, journals, process managers. Ordered; one table.

export interface Unwrapped {
  /** The application's own line. */
  text: string;
  /** Tells the lines of one writer from those of another in the same file; empty when nothing tells. */
  stream: string;
  /** The time that the wrapper states, as text; null where it states none. */
  time: string | null;
  /** Level stated by the wrapper, such as the priority of a journal entry; null where it states none. */
  level: string | null;
  /** True for a piece of a longer line that goes on in the next entry of this stream. */
  isPartial: boolean;
}

interface Wrapper {
  name: string;
  /** What a line of it can begin with. */
  first: RegExp;
  /** Stands in every line that this wrapper is around; found faster than a pattern is tried. */
  guard: string;
  unwrap(line: string): Unwrapped | null;
}

/** Wrappers nest (compose around JSON, a kubelet around pm2), but not without end. */
const maxDepth = 4;

/** Null where nothing is around the line, as in most logs. */
export function unwrap(line: string): Unwrapped | null {
  let result = unwrapOnce(line);
  for (let depth = 1; result && depth < maxDepth; depth++) {
    const inner = unwrapOnce(result.text);
    if (!inner) break;
    result = {
      text: inner.text,
      stream: result.stream === '' ? inner.stream : `${result.stream} ${inner.stream}`,
      time: inner.time ?? result.time,
      level: inner.level ?? result.level,
      isPartial: result.isPartial || inner.isPartial,
    };
  }
  return result;
}

function unwrapOnce(line: string): Unwrapped | null {
  const first = line.charCodeAt(0);
  // No wrapper begins with white space; frames, the most frequent lines here, do.
  if (first === 0x20 || first === 0x09 || Number.isNaN(first)) return null;
  if (first === 0x7b) return unwrapJson(line);
  for (const wrapper of wrappersByFirst[first] ?? noWrappers) {
    if (!line.includes(wrapper.guard)) continue;
    const inner = wrapper.unwrap(line);
    if (inner) return inner;
  }
  return null;
}

const time = String.raw`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|[+-]\d\d:?\d\d))?`;
const monthTime = String.raw`(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})?`;

// A level word before a bar is the first column of a log layout.
const serviceName = String.raw`(?!(?:[A-Z]{4,8}|error|fatal|warn|warning|info|debug|trace)\b)(?<stream>[A-Za-z][\w./-]{0,60})`;

const digit = /\d/;

const textWrappers: readonly Wrapper[] = [
  pattern('cri', digit, ' std', String.raw`(?<time>${time}) (?<stream>stdout|stderr) (?<tag>[FP])(?::\w+)? `),
  pattern('heroku', digit, ']: ', String.raw`(?<time>${time}) (?<stream>(?:app|heroku)\[[\w.-]+\]): `),
  pattern(
    'syslog',
    /[<A-Z]/,
    ': ',
    String.raw`(?:<\d{1,3}>)?(?<time>${monthTime}) (?<stream>[\w.:-]+ [\w./@-]+(?:\[\d+\])?): `,
  ),
  pattern(
    'syslog-iso',
    /[<\d]/,
    ']: ',
    String.raw`(?:<\d{1,3}>)?(?<time>${time}) (?<stream>[\w.-]+ [\w./@-]+\[\d+\]): `,
  ),
  pattern(
    'syslog-5424',
    /</,
    '>1 ',
    String.raw`<\d{1,3}>1 (?<time>\S+) (?<stream>\S+ \S+ \S+) \S+ (?:-|(?:\[(?:[^\]"]|"[^"]*")*\])+) ?(?:\uFEFF)?`,
  ),
  pattern('aws-tail', digit, '+00:00 ', String.raw`(?<time>${time}) (?<stream>[\w.-]+\/\S+) `),
  pattern('fly', digit, ' [info]', String.raw`(?<time>${time}) (?<stream>[a-z]+\[\w+\]) [a-z]{3} \[info\] ?`),
  pattern('app-engine', digit, ']  ', String.raw`(?<time>${time}) (?<stream>[\w-]+\[\w+\])  `),
  { name: 'runtime', first: digit, guard: 'T', unwrap: unwrapStamp },
  pattern('task', /[@a-z]/, ': ', String.raw`(?<stream>@?[a-z][\w-]*(?:\/[\w.-]+)?:[a-z][\w:.-]*): (?=\[\d|\d{4}-)`),
  pattern('pm2', digit, '|', String.raw`(?<stream>\d{1,4}\|[\w@/. -]{1,60}?) *\| `),
  pattern('pm2-empty', digit, '|', String.raw`(?<stream>\d{1,4}\|[\w@/. -]{1,60}?) *\|$`),
  pattern('compose', /[A-Za-z\d]/, '|', String.raw`(?:(?<time>\d\d:\d\d:\d\d) )?${serviceName} *\| `),
  pattern('compose-empty', /[A-Za-z]/, '|', String.raw`${serviceName} *\|$`),
  pattern('kubectl', /\[/, '[pod/', String.raw`(?<stream>\[pod\/[\w./-]+\]) `),
  pattern('concurrently', /\[/, '] ', String.raw`(?<stream>\[\d{1,3}\]) (?=$|[\sA-Za-z{}[\]"'(])`),
  pattern(
    'logcat',
    digit,
    ': ',
    String.raw`(?<time>\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) +(?<stream>\d+ +\d+ [VDIWEF] [\w.$-]+ *): `,
  ),
  pattern(
    'pm2-time',
    digit,
    ': ',
    String.raw`(?<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?: ?[+-]\d\d:?\d\d)?): `,
  ),
];

const noWrappers: readonly Wrapper[] = [];
/** By the first character of the line, which is ASCII in all of them. */
const wrappersByFirst = Array.from({ length: 128 }, (_, code) =>
  textWrappers.filter(({ first }) => first.test(String.fromCharCode(code))),
);

function pattern(name: string, first: RegExp, guard: string, source: string): Wrapper {
  const expression = new RegExp(`^${source}`);
  return {
    name,
    first,
    guard,
    unwrap(line) {
      const match = expression.exec(line);
      if (!match) return null;
      const groups = match.groups ?? {};
      return {
        text: line.slice(match[0].length),
        stream: groups.stream ?? '',
        time: groups.time ?? null,
        level: null,
        isPartial: groups.tag === 'P',
      };
    },
  };
}

const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(?:Z|[+-]\d\d:\d\d)(?: |$)/;
/** A program's own time, or Nest's header, which has one. */
const ownTime = /^(?:\[Nest\] |\[?\d{4}-\d\d-\d\d[T ]\d\d:)/;
/** Digits of a second, with the dot: loggers of programs count milliseconds, or microseconds. */
const leastFraction = '.1234567'.length;

/** Containers and platforms count nanoseconds; where a program states its own time behind theirs, no more is needed. */
function unwrapStamp(line: string): Unwrapped | null {
  const match = stamp.exec(line);
  if (!match) return null;
  const text = line.slice(match[0].length);
  if ((match[1]?.length ?? 0) < leastFraction && !ownTime.test(text)) return null;
  return { text, stream: '', time: match[0].trimEnd(), level: null, isPartial: false };
}

function unwrapJson(line: string): Unwrapped | null {
  // Without the quotation mark in front, which is too frequent to be searched for.
  const isDocker = line.includes('stream"') && line.includes('"log"') && line.includes('"stream"');
  const isJournal = !isDocker && line.includes('MESSAGE"') && line.includes('"MESSAGE"');
  if (!isDocker && !isJournal) return null;
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
  if (isDocker) {
    const { log, stream, time: at } = entry;
    if (typeof log !== 'string' || typeof stream !== 'string') return null;
    const isWhole = log.endsWith('\n');
    return {
      text: log.replace(/\r?\n$/, ''),
      stream,
      time: typeof at === 'string' ? at : null,
      level: null,
      isPartial: !isWhole && log.length >= dockerPieceLength,
    };
  }
  const message = journalText(entry.MESSAGE);
  if (message === null) return null;
  const id = entry._SYSTEMD_UNIT ?? entry.SYSLOG_IDENTIFIER ?? '';
  return {
    text: message,
    stream: `${asText(id)} ${asText(entry._PID)}`,
    time: typeof entry.__REALTIME_TIMESTAMP === 'string' ? entry.__REALTIME_TIMESTAMP : null,
    level: journalLevel(asText(entry.PRIORITY)),
    isPartial: false,
  };
}

/** Docker cuts lines into entries of 16 KiB; a shorter one without a line end is what was written last before an exit. */
const dockerPieceLength = 16_000;

/** journald writes text that is not valid UTF-8 (or holds control characters, such as colours) as an array of bytes. */
function journalText(message: unknown): string | null {
  if (typeof message === 'string') return message;
  if (Array.isArray(message)) return Buffer.from(message as number[]).toString('utf8');
  return null;
}

/** RFC 5424: 0 to 3 are emergency, alert, critical and error. Other priorities say nothing: services log to 6 by default. */
function journalLevel(priority: string): string | null {
  return ['emerg', 'alert', 'crit', 'error'][Number(priority || '9')] ?? null;
}

function asText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
