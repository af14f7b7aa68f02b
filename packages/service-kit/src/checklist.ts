// What a `doctor` command prints: one line for each thing a start needs, and what to do where one is missing.
import type { Writable } from 'node:stream';

export interface Finding {
  name: string;
  /** A warning is worth knowing and keeps nothing from starting. */
  state: 'ok' | 'warning' | 'fault';
  /** What was found. */
  found: string;
  /** What to do next; empty where all is well. */
  remedy: string;
}

export function ok(name: string, found: string): Finding {
  return { name, state: 'ok', found, remedy: '' };
}

/** Answers the exit code: 0 when nothing is at fault. With `isJson` one object `{ ok, checks }` is printed instead of lines. */
export function printChecklist(findings: readonly Finding[], stdout: Writable, { isJson = false } = {}): number {
  const isOk = findings.every(({ state }) => state !== 'fault');
  stdout.write(isJson ? `${JSON.stringify({ ok: isOk, checks: findings })}\n` : findings.map(format).join(''));
  return isOk ? 0 : 1;
}

const marks = { ok: '✓', warning: '!', fault: '✗' };

function format({ name, state, found, remedy }: Finding): string {
  return `${marks[state]} ${name}: ${found}\n${remedy === '' ? '' : `  ${remedy}\n`}`;
}
