// Decides how a run of Codex ended, from its events and exit code together.
import { findRepairAnswer } from '@levautofix/contract/repair-answer';
import { Fault } from '@levautofix/service-kit/fault';
import { clip, plainLine } from '../../domain/plain-text.js';
import { accountOf } from '../../domain/repair-answer.js';
import type { RepairOutcome } from '../../ports/coding-agent.js';
import type { ProcessOutcome } from '../../ports/process-runner.js';
import type { CodexRun } from './codex-run.js';
import { statedTime } from './stated-time.js';

/** Faults for what is no fault of the attempt; everything else is a value. */
export function judgeRun(run: CodexRun, process: ProcessOutcome, now: number): RepairOutcome {
  const ending = { sessionId: run.threadId, usage: run.usage };
  if (process.isTimeout) return { kind: 'timeout', ...ending };
  if (process.spawnError !== null) throw missingFault(process.spawnError);
  if (process.exitCode !== 0 || !run.isComplete) {
    const words = plainLine(run.failure ?? '');
    const fault = faultOf(words, now);
    if (fault) throw fault;
    const end = process.signal ? `was ended by ${process.signal}` : `exited with code ${process.exitCode}`;
    const detail = clip(words || plainLine(process.stderr.slice(-1_000)), 400);
    return { kind: 'failed', reason: `Codex ${end}${detail ? `: ${detail}` : ' without a result.'}`, ...ending };
  }
  const answer = findRepairAnswer(run.lastWords);
  return { ...accountOf(answer, answer ? '' : run.lastWords), ...ending };
}

/** The thread to continue is not there. */
export function isSessionLost(run: CodexRun, process: ProcessOutcome): boolean {
  return (
    process.exitCode !== 0 &&
    /(?:no|not find|unknown)\b.{0,40}\b(?:rollout|thread|session|conversation)|(?:thread|session|rollout|conversation)\b.{0,60}\bnot found/i.test(
      `${run.failure ?? ''} ${process.stderr}`,
    )
  );
}

export function missingFault(detail: string): Fault {
  return new Fault({
    code: 'agent_missing',
    message: `Codex could not be started: ${detail}`,
    remedy: 'Install it (npm install -g @openai/codex) or set CODEX_COMMAND to its path.',
  });
}

function faultOf(words: string, now: number): Fault | null {
  if (/the gateway/i.test(words)) return null;
  if (/\b(?:401|403)\b|unauthorized|invalid[_ ]api[_ ]key|not logged in/i.test(words)) {
    return new Fault({
      code: 'agent_unauthorized',
      message: `Codex is not allowed in: ${clip(words, 300)}`,
      remedy: 'Set a valid OPENAI_API_KEY, or take codex out of REPAIR_LADDER.',
    });
  }
  if (/quota exceeded|insufficient_quota|billing/i.test(words)) {
    return new Fault({
      code: 'agent_no_credit',
      message: `The model account is out of credit: ${clip(words, 300)}`,
      remedy: 'Add credit to the account that OPENAI_API_KEY belongs to.',
    });
  }
  const isLimit = /\b429\b|usage limit|rate limit|too many requests|quota/i.test(words);
  const isPassing =
    /\b(?:408|409|500|502|503|504)\b|overloaded|high demand|stream (?:closed|disconnected|error)|error sending request|connection|timed? ?out/i.test(
      words,
    );
  if (!isLimit && !isPassing) return null;
  const retryAt = statedTime(words, now);
  return new Fault({
    code: isLimit ? 'agent_rate_limited' : 'agent_overloaded',
    message: `The model API did not answer this time: ${clip(words, 300)}`,
    remedy: 'The job waits and tries again by itself.',
    isRetryable: true,
    ...(retryAt === null ? {} : { retryAt }),
  });
}
