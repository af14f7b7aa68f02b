import { describe, expect, it } from 'vitest';
import type { ApprovalQuestion } from '../../ports/approval-channel.js';
import { sampleQuestion } from '../../ports/sample-question.testkit.js';
import { renderCard } from './card.js';

const question = sampleQuestion({
  severity: 'critical',
  error: { type: 'TypeError', message: 'a < b && c' },
  path: 'POST /orders?<script>',
  count: 12,
  release: '1.4.2',
  summary: 'Adds one.',
  risk: 'Low.',
  result: 'proven',
  checks: [{ name: 'test', outcome: 'passed', isGood: true, durationMs: 1_234 }],
  flags: [{ kind: 'protected', file: 'ci.yml', line: 3, note: 'runs in the pipeline' }],
  cost: '2 attempts (claude-code, codex), $0.13, 12,345 tokens',
  diff: '-a\n+<b>',
  expiresAt: Date.parse('2026-01-02T03:04:05Z'),
});

describe('the card', () => {
  it('states severity, service, error, path, facts, cost and sandbox, all escaped', () => {
    const { html } = renderCard(question);
    for (const part of [
      '🔴 <b>CRITICAL</b> · <b>shop</b>',
      '<b>TypeError</b>: <code>a &lt; b &amp;&amp; c</code>',
      'POST /orders?&lt;script&gt;',
      '12 occurrences · release 1.4.2',
      '⚠️ protected <code>ci.yml:3</code> runs in the pipeline',
      'proven',
      '1 file, +2 −1',
      '✓ test passed (1.2 s)',
      '<b>Root cause:</b> No check.',
      '2 attempts (claude-code, codex), $0.13, 12,345 tokens · sandbox: bubblewrap',
      'Open until 2026-01-02 03:04 UTC',
      '<pre><code class="language-diff">-a\n+&lt;b&gt;</code></pre>',
    ]) {
      expect(html).toContain(part);
    }
  });

  it('puts flags and facts before the words of the agent', () => {
    const { html } = renderCard(question);
    expect(html.indexOf('⚠️')).toBeLessThan(html.indexOf('1 file'));
    expect(html.indexOf('1 file')).toBeLessThan(html.indexOf('In the words of the agent'));
  });

  it('attaches a diff that is too long to read in a message', () => {
    const diff = '+line\n'.repeat(400);
    const card = renderCard({ ...question, diff });
    expect(card.attachment).toBe(diff);
    expect(card.html).toContain('The whole diff (401 lines) is attached.');
    expect(renderCard(question).attachment).toBeNull();
  });

  it('never calls a missing sandbox a sandbox', () => {
    const { html } = renderCard({ ...question, sandbox: 'none' });
    expect(html).toContain('12,345 tokens · ⚠️ no sandbox');
  });

  it('asks about a start without facts that do not exist yet', () => {
    const { html } = renderCard({
      ...question,
      kind: 'start',
      result: null,
      files: [],
      checks: [],
      commit: null,
      diff: null,
    });
    expect(html).toContain('Start a repair?');
    expect(html).not.toContain('file');
  });

  it('stays within 4096 visible characters with the largest question, and says what it left out', () => {
    const long = '<&"😀'.repeat(2_000);
    const huge: ApprovalQuestion = {
      ...question,
      service: long,
      error: { type: long, message: long },
      path: long,
      release: long,
      rootCause: long,
      summary: long,
      risk: long,
      sandbox: long,
      files: Array.from({ length: 300 }, () => ({ path: long, linesAdded: 1, linesDeleted: 1 })),
      flags: Array.from({ length: 50 }, () => ({ kind: long, file: long, line: 1, note: long })),
      checks: Array.from({ length: 5 }, () => ({ name: long, outcome: 'passed', isGood: true, durationMs: 1 })),
      diff: long,
    };
    const { html, attachment } = renderCard(huge, long);
    expect(html.replace(/<[^>]*>/g, '').replace(/&\w+;/g, 'x').length).toBeLessThanOrEqual(4_096);
    expect(html).toContain('300 files, +300 −300');
    expect(html).toMatch(/… and \d+ more files/);
    expect(html).toMatch(/… and \d+ more flags/);
    expect(attachment).toBe(long);
  });
});
