// Behaviour of a doctor's list: what it prints and when it says that all is well.
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { ok, printChecklist, type Finding } from './checklist.js';

const fault: Finding = { name: 'store', state: 'fault', found: 'does not answer', remedy: 'Start it.' };
const warning: Finding = { name: 'rung codex', state: 'warning', found: 'will be skipped', remedy: 'Install it.' };

function print(findings: Finding[], isJson = false) {
  const stdout = new PassThrough();
  const exitCode = printChecklist(findings, stdout, { isJson });
  return { exitCode, text: String(stdout.read()) };
}

it('prints each finding with what to do about it, and exits 1 for a fault', () => {
  expect(print([ok('sandbox', 'bubblewrap'), fault])).toEqual({
    exitCode: 1,
    text: '✓ sandbox: bubblewrap\n✗ store: does not answer\n  Start it.\n',
  });
});

it('shows a warning and exits 0', () => {
  expect(print([warning])).toEqual({ exitCode: 0, text: '! rung codex: will be skipped\n  Install it.\n' });
});

it('prints one JSON object on request', () => {
  expect(JSON.parse(print([fault], true).text)).toEqual({ ok: false, checks: [fault] });
});
