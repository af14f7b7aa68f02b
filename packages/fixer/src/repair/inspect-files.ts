// Rules about files as such: links, modes, submodules, hidden characters, secrets, size.
import { posix } from 'node:path';
import type { Flag } from '@levautofix/contract/job-view';
import type { Change, ChangedFile } from '../domain/change.js';
import type { SecretScanner } from '../ports/secret-scanner.js';
import type { ChangedText } from './changed-source.js';
import { isTestPath } from './test-files.js';

interface Result {
  refusals: Flag[];
  flags: Flag[];
}

/** `target` is what a link points to; null for anything else. */
export function inspectMode(file: ChangedFile, target: string | null, diff: string): Result {
  const at = (kind: string, note: string): Flag => ({ kind, file: file.path, line: null, note });
  if (file.mode === '160000') return { refusals: [at('submodule', 'adds or moves a submodule.')], flags: [] };
  if (file.mode === '120000') {
    const clean = (target ?? '').trim();
    const isOut =
      clean === '' ||
      posix.isAbsolute(clean) ||
      /^[a-z]:|\\/i.test(clean) ||
      posix.join(posix.dirname(file.path), clean).startsWith('..');
    if (isOut) return { refusals: [at('link', 'is a link that leads out of the repository.')], flags: [] };
    // What is kept there, tokens included, would be read and written as if it were a file of the project.
    return /(?:^|\/)\.git(?:\/|$)/i.test(clean)
      ? { refusals: [at('link', 'is a link into git’s own folder.')], flags: [] }
      : { refusals: [], flags: [at('link', `is a link to ${clean}.`)] };
  }
  const becomesProgram = file.mode === '100755' && (file.kind === 'added' || changesMode(diff, file.path));
  return { refusals: [], flags: becomesProgram ? [at('mode', 'becomes an executable file.')] : [] };
}

function changesMode(diff: string, path: string): boolean {
  const start = diff.indexOf(` b/${path}\n`);
  return start >= 0 && diff.slice(start + path.length + 4).startsWith('old mode');
}

// Characters without a shape of their own, and those that turn the direction of what follows.
const hidden =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u;
// eslint-disable-next-line no-control-regex -- matching control characters is the purpose
const control = /[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f]/;
// An emoji of several people is joined by a character that is otherwise hidden.
// A single selector behind a pictogram or a digit asks for the coloured shape; a row of them can carry any text unseen.
const joinedEmoji =
  /(?<=[\p{Extended_Pictographic}0-9#*])\ufe0f(?!\ufe0f)|(?<=[\p{Extended_Pictographic}\u{1f3fb}-\u{1f3ff}\ufe0f])\u200d(?=\p{Extended_Pictographic})/gu;
const mixedScripts = /[a-z_$][\u0370-\u052f]|[\u0370-\u052f][a-z_$]/i;

export function inspectCharacters({ file, before, addedLines }: ChangedText): Result {
  const refusals: Flag[] = [];
  const flags: Flag[] = [];
  for (const path of [file.path]) {
    if (hidden.test(path) || control.test(path) || /(?:^|\/)-/.test(path) || /[\n\t]/.test(path)) {
      refusals.push({
        kind: 'hidden_character',
        file: path,
        line: null,
        note: 'has a name with hidden or control characters, or a leading dash.',
      });
    }
  }
  for (const { number, text } of addedLines) {
    const isOldMark = number === 1 && before?.startsWith('\ufeff');
    const plain = (isOldMark ? text.replace(/^\ufeff/, '') : text).replace(joinedEmoji, '');
    const code = (hidden.exec(plain) ?? control.exec(plain))?.[0]?.codePointAt(0);
    if (code !== undefined) {
      const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
      refusals.push({
        kind: 'hidden_character',
        file: file.path,
        line: number,
        note: `has the hidden character ${name}; write it as an escape.`,
      });
    } else if (mixedScripts.test(plain)) {
      flags.push({
        kind: 'mixed_scripts',
        file: file.path,
        line: number,
        note: 'mixes letters of two scripts in one word.',
      });
    }
  }
  return { refusals: refusals.slice(0, 10), flags: flags.slice(0, 3) };
}

// Key ids and keys that stand alone, without the words around them by which a scanner recognises the rest.
const bareKeys: [RegExp, string][] = [
  [/\b(?:AKIA|ASIA|ABIA|ACCA|AIDA|AROA|AGPA|ANPA)[A-Z2-7]{16}\b|\bAKIA[0-9A-Z]{16}\b/, 'an AWS key id'],
  [/\bsk-(?:ant-|proj-|live-|svcacct-)?[A-Za-z0-9_-]{24,}/, 'a model API key'],
  [/\b(?:gh[oprsu]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})/, 'a GitHub token'],
  [/\bglpat-[A-Za-z0-9_-]{20,}/, 'a GitLab token'],
  [/\b[rs]k_live_[A-Za-z0-9]{16,}/, 'a payment key'],
  [/\bAIza[A-Za-z0-9_-]{35}\b/, 'a Google key'],
  [/\bxox[abeoprs]-[A-Za-z0-9-]{10,}/, 'a Slack token'],
  [/\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b/, 'a Telegram token'],
  [/\bnpm_[A-Za-z0-9]{36}\b/, 'an npm token'],
  [/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/, 'a private key'],
  [/\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/, 'a signed token'],
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/'"`${}]+:[^\s@/'"`${}]{6,}@[\w.-]+/i, 'an address with a password'],
];

export async function inspectSecrets(
  { file, after, addedLines }: ChangedText,
  scanner: SecretScanner,
): Promise<Flag[]> {
  if (after === null || addedLines.length === 0) return [];
  const own = addedLines.flatMap(({ number, text }) => {
    const found = bareKeys.find(([pattern]) => pattern.test(text.slice(0, 10_000)));
    return found ? [{ line: number, note: found[1] }] : [];
  });
  const added = new Set(addedLines.map(({ number }) => number));
  const scanned = (await scanner.scan(file.path, after)).filter(({ line }) => added.has(line));
  const lines = new Map([...scanned, ...own].map(({ line, note }) => [line, note]));
  return [...lines].map(([line, note]) => ({
    kind: 'secret',
    file: file.path,
    line,
    note: `looks like ${note}; a repair writes no secrets.`,
  }));
}

/** What git was told to leave out is not reviewed by anybody; a change may leave out more. */
export function inspectIgnored({ file, deletedLines }: ChangedText): Flag[] {
  const [gone] = /(?:^|\/)\.gitignore$/.test(file.path) ? deletedLines.filter(({ text }) => text.trim() !== '') : [];
  return gone
    ? [
        {
          kind: 'ignored_files',
          file: file.path,
          line: gone.number,
          note: 'no longer leaves out what git was told to.',
        },
      ]
    : [];
}

const limits = { files: 10, lines: 300 };

export function inspectSize(change: Change): Flag[] {
  const flags: Flag[] = change.files
    .filter((file) => file.isBinary || (file.kind === 'deleted' && !isTestPath(file.path)))
    .map((file) => ({
      kind: file.isBinary ? 'binary' : 'deleted_file',
      file: file.path,
      line: null,
      note: file.isBinary ? 'is a binary file, which nobody can review.' : 'is deleted.',
    }));
  const lines = change.linesAdded + change.linesDeleted;
  if (change.files.length > limits.files || lines > limits.lines) {
    flags.push({
      kind: 'large_change',
      file: change.files[0]?.path ?? '',
      line: null,
      note: `The change is large: ${change.files.length} files, ${lines} lines.`,
    });
  }
  return flags;
}
