// The identity of an error: its class, its message without what varies, and where in the program it was thrown.
import { createHash } from 'node:crypto';
import type { Fingerprint } from '@levautofix/contract/fingerprint';
import type { LoggedError } from '@levautofix/contract/incident-report';
import { frameKey, isInApp, isWrapper, readFrame, type Frame, type ResolveFrame } from './frame.js';
import { normaliseMessage, type OnDropped } from './normalise-message.js';

/** Overrides of the configuration. Texts are compared with `type: message` after normalising, as `explain` prints it. */
export interface GroupingRules {
  /** Errors whose normalised text contains `text` are one error, whatever their frames are. */
  merge?: readonly { text: string; name: string }[];
  /** Errors whose normalised text contains `text` are told apart by the full message. */
  split?: readonly { text: string }[];
}

export interface FingerprintOptions extends GroupingRules {
  resolveFrame?: ResolveFrame;
}

export interface FingerprintExplanation {
  fingerprint: Fingerprint;
  kept: { type: string; message: string; frames: string[] };
  dropped: { text: string; as: string; rule: string }[];
  /** Rule of the configuration that decided, or null. */
  override: string | null;
}

export type FingerprintOf = (error: LoggedError) => Fingerprint;

const version = 'v1';
/** Lines of a stack that tell one error from another; below them the same error comes by different ways. */
const topFrames = 3;
/** Frames of libraries above the first one of the program are passed over, this many at most. */
const maxFramesRead = 50;

export function createFingerprint(options: FingerprintOptions = {}): FingerprintOf {
  const frames = boundedMemo((stack: string) => keyFrames(stack.split('\n'), options.resolveFrame).join('\n'));
  const digest = boundedMemo(
    (key: string): Fingerprint => `${version}:${createHash('sha256').update(key).digest('hex').slice(0, 16)}`,
  );
  return (error) => digest(identityOf(error, frames(error.stack.join('\n')), options).key);
}

export function explainFingerprint(error: LoggedError, options: FingerprintOptions = {}): FingerprintExplanation {
  const dropped: FingerprintExplanation['dropped'] = [];
  const frames = keyFrames(error.stack, options.resolveFrame);
  const identity = identityOf(error, frames.join('\n'), options, (part) => dropped.push(part));
  for (const line of error.stack.slice(0, maxFramesRead)) {
    const reason = droppedFrameReason(line, frames, options.resolveFrame);
    if (reason !== null) dropped.push({ text: line, as: '', rule: reason });
  }
  return {
    fingerprint: createFingerprint(options)(error),
    kept: {
      type: error.type,
      message: identity.message,
      frames: identity.override?.startsWith('merge') === true ? [] : frames,
    },
    dropped,
    override: identity.override,
  };
}

function identityOf(
  error: LoggedError,
  frames: string,
  { merge, split }: GroupingRules,
  onDropped?: OnDropped,
): { key: string; message: string; override: string | null } {
  const message = normaliseMessage(error.message, onDropped);
  const text = `${error.type}: ${message}`;
  const merged = merge?.find((rule) => text.includes(rule.text));
  if (merged) return { key: `merge\n${merged.name}`, message, override: `merge: ${merged.name}` };
  const isSplit = split?.find((rule) => text.includes(rule.text));
  if (isSplit)
    return {
      key: `${error.type}\n${error.message}\n${frames}`,
      message: error.message,
      override: `split: ${isSplit.text}`,
    };
  return { key: `${error.type}\n${message}\n${frames}`, message, override: null };
}

/**
 * The frames of the program among the first three. Where a library threw, the first frame of the program below and the
 * topmost one; where none is of the program, the first three as they are.
 */
function keyFrames(stack: readonly string[], resolveFrame: ResolveFrame | undefined): string[] {
  const frames: Frame[] = [];
  for (const line of stack.slice(0, maxFramesRead)) {
    // What follows belongs to the cause, which has its own place.
    if (frames.length > 0 && /^(?:Caused by|Suppressed|During handling|The above)/.test(line)) break;
    const frame = readFrame(line);
    if (frame) frames.push(resolveFrame?.(frame) ?? frame);
  }
  const top = frames.filter((frame) => !isWrapper(frame) || frame.file !== '').slice(0, topFrames);
  const own = top.filter(isInApp);
  if (own.length > 0) return own.map(frameKey);
  const below = frames.find(isInApp);
  if (below && top[0]) return [frameKey(top[0]), frameKey(below)];
  // A library's lines shift with its version, not with a deploy, and are all that is left to tell two errors apart.
  return top.map((frame) => `${frameKey(frame)}:${frame.line}:${frame.column}`);
}

function droppedFrameReason(
  line: string,
  kept: readonly string[],
  resolveFrame: ResolveFrame | undefined,
): string | null {
  const frame = readFrame(line);
  if (!frame) return 'no frame';
  const resolved = resolveFrame?.(frame) ?? frame;
  if (kept.some((key) => key.startsWith(frameKey(resolved)))) return null;
  if (isWrapper(resolved)) return 'async wrapper';
  return isInApp(resolved) ? 'below the top frames' : 'frame of a library';
}

/** Memory is bounded by forgetting the older half. */
const memoEntries = 2048;

function boundedMemo<T>(compute: (key: string) => T): (key: string) => T {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  return (key) => {
    let value = young.get(key);
    if (value !== undefined) return value;
    value = old.get(key) ?? compute(key);
    if (young.size >= memoEntries) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
    return value;
  };
}
