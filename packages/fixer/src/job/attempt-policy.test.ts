import { describe, expect, it } from 'vitest';
import type { Attempt, Rung } from '../domain/attempt.js';
import { isExhausted, maxFeedbackRounds, nextAttempt } from './attempt-policy.js';

const ladder: Rung[] = ['claude-code', 'claude-code', 'codex'];

describe('the ladder', () => {
  it('starts on the first rung without a session', () => {
    expect(nextAttempt({ attempts: [], feedback: [] }, ladder)).toEqual({
      number: 1,
      rung: 'claude-code',
      sessionId: null,
    });
  });

  it('continues the session on the same rung and starts afresh on another', () => {
    const first = attempt('claude-code', 'failed');
    expect(nextAttempt({ attempts: [first], feedback: [] }, ladder)).toMatchObject({
      rung: 'claude-code',
      sessionId: 'session',
    });
    expect(nextAttempt({ attempts: [first, first], feedback: [] }, ladder)).toMatchObject({
      rung: 'codex',
      sessionId: null,
    });
  });

  it('is exhausted after its last rung', () => {
    const two = [attempt('claude-code', 'failed'), attempt('claude-code', 'refused')];
    expect(isExhausted({ attempts: two.slice(1), feedback: [] }, two[0]!, ladder)).toBe(false);
    expect(isExhausted({ attempts: two, feedback: [] }, attempt('codex', 'failed'), ladder)).toBe(true);
  });

  it('grants one more attempt for each answer in words, up to a limit', () => {
    const passed = attempt('codex', 'passed');
    const used = [attempt('claude-code', 'failed'), attempt('claude-code', 'failed'), passed];
    expect(nextAttempt({ attempts: used, feedback: [] }, ladder)).toBeNull();
    expect(nextAttempt({ attempts: used, feedback: ['keep the name'] }, ladder)).toEqual({
      number: 4,
      rung: 'codex',
      sessionId: 'session',
    });
    const rounds = Array.from({ length: maxFeedbackRounds + 1 }, () => passed);
    expect(nextAttempt({ attempts: [...used, ...rounds], feedback: rounds.map(() => 'again') }, ladder)).toBeNull();
  });
});

function attempt(rung: Rung, outcome: Attempt['outcome']): Attempt {
  return {
    number: 1,
    rung,
    outcome,
    reason: null,
    usd: null,
    tokens: null,
    durationMs: 0,
    sessionId: 'session',
    commit: null,
    checks: [],
    diff: null,
    rootCause: null,
  };
}
