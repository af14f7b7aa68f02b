// Reads the names of tests out of reports for people, where a mark stands before each test: node:test's spec, jest, mocha, vitest, ava.
import type { TestEntry } from './test-entry.js';

const markLine = /^(\s*)(?:(✔|✓|√)|(✖|✕|×|✘|\d+\))|(﹣|○|↓|-|✎|⚠))\s+(.*?)\s*$/u;
const duration = /\s+\(?\d+(?:\.\d+)?\s?m?s\)?$/;

/** Null when the text is no such report. */
export function readMarkedNames(text: string): TestEntry[] | null {
  if (/^\s*Test Files {2}/m.test(text) && /^\s*RUN {2}?v?\d?/m.test(text)) return readVitest(text);
  if (/^ℹ tests \d+/m.test(text)) return readNested(text.split(/^✖ failing tests:/m)[0] ?? '', /^(\s*)▶ (.*?)\s*$/);
  if (/^\s+\d+ passing\b/m.test(text))
    return readNested(text.split(/^\s+\d+ passing\b/m)[0] ?? '', /^(\s{2,})(\S.*?)\s*$/);
  if (/^Tests:\s+.*\d+ total/m.test(text) || /^(PASS|FAIL) \S+/m.test(text)) return readJest(text);
  if (/^\s*\d+ tests? (passed|failed)/m.test(text)) return readNested(text, null);
  return null;
}

function readNested(text: string, header: RegExp | null): TestEntry[] {
  const entries: TestEntry[] = [];
  let parents: { indent: number; name: string }[] = [];
  for (const line of text.split('\n')) {
    const mark = markLine.exec(line);
    const title = mark ? null : header?.exec(line);
    const [, spaces = ''] = mark ?? title ?? [];
    if (!mark && !title) continue;
    parents = parents.filter(({ indent }) => indent < spaces.length);
    if (title) parents.push({ indent: spaces.length, name: title[2] ?? '' });
    if (mark)
      entries.push(
        readMark(
          mark,
          parents.map(({ name }) => name),
        ),
      );
  }
  return entries;
}

function readMark([, , passed, failed, , text = '']: RegExpExecArray, parents: string[]): TestEntry {
  const directive = /\s#\s*(skip|todo)\b.*$/i.exec(text);
  const name = (directive ? text.slice(0, directive.index) : text).replace(duration, '').replace(/^\[fail\]: /, '');
  const status = directive ? (directive[1]?.toLowerCase() === 'todo' ? 'todo' : 'skipped') : null;
  return { path: [...parents, name], status: status ?? (passed ? 'passed' : failed ? 'failed' : 'skipped') };
}

function readJest(text: string): TestEntry[] {
  // The summary repeats failing files when there are many.
  const report = text.split(/^Summary of all failing tests$/m)[0] ?? '';
  return report.split(/^(?=(?:PASS|FAIL) \S)/m).flatMap((section) => {
    const [, verdict, file = ''] = /^(PASS|FAIL) (\S+)/.exec(section) ?? [];
    if (!verdict) return [];
    const [list = '', ...details] = section.split(/^ {2}● /m);
    const entries = readNested(list.replace(/^.*\n/, ''), /^( {2,})(\S.*?)\s*$/).map(({ path, status }) => ({
      path: [file, ...path],
      status,
    }));
    if (entries.length > 0) return entries;
    // Without --verbose only failing tests are named; a file that fails to load names none.
    const named = details.map((detail) => detail.split('\n')[0]?.trim() ?? '').filter((name) => name.includes(' › '));
    if (verdict === 'PASS') return [{ path: [file], status: 'passed' as const }];
    return [
      { path: [file], status: 'failed' as const },
      ...named.map((name) => ({ path: [file, ...name.split(' › ')], status: 'failed' as const })),
    ];
  });
}

function readVitest(text: string): TestEntry[] {
  const entries: TestEntry[] = [];
  for (const line of text.split('\n')) {
    // Passing tests below a file are listed only when slow or beside failing ones, so that they would seem to come and go.
    const passed = /^ ?✓\s+(.*?)\s*$/.exec(line)?.[1];
    const failed = /^ ?FAIL\s+(.*?)(?: \[ .* \])?\s*$/.exec(line)?.[1];
    const name = (passed ?? failed)
      ?.replace(/\s+\(\d+ tests?\b[^)]*\)/, '')
      .replace(duration, '')
      .trim();
    if (name) entries.push({ path: name.split(' > '), status: passed === undefined ? 'failed' : 'passed' });
  }
  return entries;
}
