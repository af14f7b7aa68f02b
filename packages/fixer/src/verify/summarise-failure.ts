// What the next attempt, or a person, needs to see of checks that failed: the words around each failing test, within a bound.
import type { Check } from '../domain/verification.js';
import { leafNames } from './judge-verification.js';

/**
 * Plain text of at most `maxLength` characters. `newlyFailed` names the tests that count; without names the end of the output is given.
 */
export function summariseFailure(
  checks: readonly Check[],
  newlyFailed: readonly string[] = [],
  maxLength = 6_000,
): string {
  const failed = checks.filter(({ status }) => status === 'failed' || status === 'timeout');
  const share = Math.floor(maxLength / Math.max(1, failed.length));
  return failed.map((check) => summariseCheck(check, newlyFailed, share)).join('\n\n');
}

function summariseCheck(check: Check, newlyFailed: readonly string[], maxLength: number): string {
  const ending = check.status === 'timeout' ? 'did not end in time' : `ended with exit code ${check.exitCode}`;
  const head = `$ ${check.command}\n(${check.name} ${ending} after ${Math.round(check.durationMs / 100) / 10} s)\n`;
  const room = Math.max(200, maxLength - head.length);
  const excerpts = leafNames(newlyFailed)
    .map((name) =>
      excerpt(
        check.output,
        name
          .split(' > ')
          .at(-1)
          ?.replace(/ \(\d+\)$/, '') ?? name,
      ),
    )
    .filter((text) => text !== null);
  const body = excerpts.length > 0 ? excerpts.join('\n…\n') : check.output.trimEnd();
  return head + (body.length <= room ? body : excerpts.length > 0 ? body.slice(0, room) : body.slice(-room));
}

/** From the line that reports the test to the next reported test, at most 40 lines. */
function excerpt(output: string, name: string): string | null {
  const lines = output.split('\n');
  const mark = /^\s*(?:not ok|✖|✕|×|✘|●|FAIL|\d+\))/u;
  const start = lines.findLastIndex((line) => mark.test(line) && line.includes(name));
  if (start < 0) return null;
  const length = lines.slice(start + 1).findIndex((line) => mark.test(line) || /^\s*(?:ok \d|✔|✓)/u.test(line));
  return lines
    .slice(start, start + 1 + Math.min(length < 0 ? 40 : length, 40))
    .join('\n')
    .trimEnd();
}
