// Decides how a run of Claude Code ended, from its result event and exit code together: `subtype` says "success" on failures too.
import { findRepairAnswer, readRepairAnswer } from '@levautofix/contract/repair-answer';
import { Fault } from '@levautofix/service-kit/fault';
import { accountOf } from '../../domain/repair-answer.js';
import { clip, plainLine } from '../../domain/plain-text.js';
import type { RepairOutcome } from '../../ports/coding-agent.js';
import type { ProcessOutcome } from '../../ports/process-runner.js';
import type { ClaudeResult } from './claude-events.js';
import type { ClaudeRun } from './claude-run.js';

/** Faults for what is no fault of the attempt; everything else is a value. */
export function judgeRun(run: ClaudeRun, process: ProcessOutcome): RepairOutcome {
  const { result, usage } = run;
  const ending = { sessionId: run.sessionId, usage };
  if (process.isTimeout) return { kind: 'timeout', ...ending };
  if (process.spawnError !== null) throw missingFault(process.spawnError);
  if (!result) return { kind: 'failed', reason: withoutResult(process), ...ending };
  if (result.is_error || process.exitCode !== 0) {
    const fault = faultOf(result, run.limitResetsAt);
    if (fault) throw fault;
    return { kind: 'failed', reason: failureText(result), ...ending };
  }
  const answer = readRepairAnswer(result.structured_output) ?? findRepairAnswer(result.result);
  return { ...accountOf(answer, result.result), ...ending };
}

/** The session to continue is not there, such as after a change of machine. */
export function isSessionLost(run: ClaudeRun, process: ProcessOutcome): boolean {
  const words = `${run.result?.errors.join(' ') ?? ''} ${process.stderr}`;
  return process.exitCode !== 0 && /no conversation found/i.test(words);
}

export function missingFault(detail: string): Fault {
  return new Fault({
    code: 'agent_missing',
    message: `Claude Code could not be started: ${detail}`,
    remedy: 'Install it (npm install -g @anthropic-ai/claude-code) or set CLAUDE_COMMAND to its path.',
  });
}

const passingStatuses = new Set([408, 409, 425, 429, 500, 502, 503, 504, 529]);

function faultOf(result: ClaudeResult, limitResetsAt: number | null): Fault | null {
  const status = result.api_error_status ?? null;
  const words = plainLine(failureText(result));
  // The gateway's own no is about this one request, not about the key.
  if (/the gateway/i.test(words)) return null;
  if (status === 401 || status === 403 || /not logged in|invalid api key|oauth token/i.test(words)) {
    return new Fault({
      code: 'agent_unauthorized',
      message: `Claude Code is not allowed in: ${words}`,
      remedy: 'Set a valid ANTHROPIC_API_KEY, or log in with `claude` and use SANDBOX=off.',
    });
  }
  if (/credit balance/i.test(words)) {
    return new Fault({
      code: 'agent_no_credit',
      message: `The model account is out of credit: ${words}`,
      remedy: 'Add credit to the account that ANTHROPIC_API_KEY belongs to.',
    });
  }
  const isLimit = /(usage|session|weekly|hour) limit/i.test(words);
  const isNetwork =
    status === null &&
    result.terminal_reason === 'api_error' &&
    result.subtype === 'success' &&
    !/refus|max_tokens|output token/i.test(words);
  if (!isLimit && !isNetwork && !(status !== null && passingStatuses.has(status))) return null;
  // Older releases state the time in the text: "Claude AI usage limit reached|1735689600".
  const stated = /limit reached\|(\d{10})/.exec(words)?.[1];
  const retryAt = stated ? Number(stated) * 1_000 : limitResetsAt;
  return new Fault({
    code: isLimit || status === 429 ? 'agent_rate_limited' : 'agent_overloaded',
    message: `The model API did not answer this time: ${words}`,
    remedy: 'The job waits and tries again by itself.',
    isRetryable: true,
    ...(retryAt === null ? {} : { retryAt }),
  });
}

function failureText(result: ClaudeResult): string {
  const text = result.errors.join(' ') || result.result || result.subtype;
  return clip(text, 500);
}

function withoutResult({ exitCode, signal, stderr }: ProcessOutcome): string {
  const end = signal ? `was ended by ${signal}` : `exited with code ${exitCode}`;
  const words = clip(plainLine(stderr), 300);
  return `Claude Code ${end} without a result${words ? `: ${words}` : ''}.`;
}
