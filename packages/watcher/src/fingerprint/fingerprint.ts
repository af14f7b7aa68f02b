// The identity of an error: its class, its message without what varies, and where in the program it was thrown.
import { hash } from 'node:crypto';
import type { Fingerprint } from '@levautofix/contract/fingerprint';
import type { LoggedError } from '@levautofix/contract/incident-report';
import type { DetectedEvent } from '../domain/occurrence.js';
import type { FrameResolver } from '../ports/frame-resolver.js';
import { boundedMemo } from './bounded-memo.js';
import { frameKey, isInApp, isWrapper, readFrame } from './frame.js';
import { createNormaliser, explainMessage } from './normalise-message.js';

/** Overrides of the configuration. Texts are compared with `type: message` after normalising, as `explain` prints it. */
export interface GroupingRules {
  /** Errors whose normalised text contains `text` are one error, whatever their frames are. */
  merge?: readonly { text: string; name: string }[];
  /** Errors whose normalised text contains `text` are told apart by the full message. */
  split?: readonly { text: string }[];
}

export interface FingerprintOptions extends GroupingRules {
  /** For programs that run as generated code. */
  resolver?: FrameResolver;
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
  const framesOf = createFrameReader(options.resolver);
  const describe = createNormaliser((text): Known => ({ text, type: '', frames: '', fingerprint: null, others: null }));
  const isOverridden = hasOverrides(options);
  return (error) => {
    const { type } = error;
    const frames = framesOf(error.stack);
    const known = describe(error.message);
    if (isOverridden) return digest(identityOf(error, known.text, frames, options).key);
    if (known.fingerprint !== null && known.type === type && known.frames === frames) return known.fingerprint;
    const id = `${type}\n${frames}`;
    let fingerprint = known.others?.get(id);
    if (fingerprint === undefined) {
      fingerprint = digest(identityOf(error, known.text, frames, options).key);
      if (known.fingerprint !== null) {
        if (known.others === null || known.others.size >= maxPlaces) known.others = new Map();
        known.others.set(id, fingerprint);
      }
    }
    known.type = type;
    known.frames = frames;
    known.fingerprint = fingerprint;
    return fingerprint;
  };
}

/** Fingerprints of events: those of one template have one, which is made once. */
export function createEventFingerprint(options: FingerprintOptions = {}): (event: DetectedEvent) => Fingerprint {
  const fingerprintOf = createFingerprint(options);
  // Overrides and maps of sources tell apart what a template does not.
  if (options.resolver || hasOverrides(options)) return ({ error }) => fingerprintOf(error);
  const known = new WeakMap<object, Fingerprint>();
  return (event) => {
    const { template } = event;
    if (!template) return fingerprintOf(event.error);
    let fingerprint = known.get(template);
    if (fingerprint === undefined) known.set(template, (fingerprint = fingerprintOf(event.error)));
    return fingerprint;
  };
}

function hasOverrides({ merge = [], split = [] }: GroupingRules): boolean {
  return merge.length + split.length > 0;
}

/** A normalised message, and where it was thrown: the last place, and all of them if there were several. */
interface Known {
  text: string;
  type: string;
  frames: string;
  fingerprint: Fingerprint | null;
  others: Map<string, Fingerprint> | null;
}

/** Places at which one message is remembered to have been thrown. */
const maxPlaces = 64;

function digest(key: string): Fingerprint {
  return `${version}:${hash('sha256', key).slice(0, 16)}`;
}

type FramesOf = (stack: readonly string[]) => string;

/** What was read of frames is forgotten where the program behind them may have changed. */
function createFrameReader(resolver: FrameResolver | undefined): FramesOf {
  if (!resolver) return rememberFrames(undefined);
  let generation: number | undefined;
  let framesOf = rememberFrames(resolver);
  return (stack) => {
    const current = resolver.generation();
    if (current !== generation) framesOf = rememberFrames(resolver);
    generation = current;
    return framesOf(stack);
  };
}

/** A frozen list is one that many traces share: it is looked at once. */
function rememberFrames(resolver: FrameResolver | undefined): FramesOf {
  const place = boundedMemo((line) => placeOf(line, resolver));
  const known = new WeakMap<readonly string[], string>();
  return (stack) => {
    if (!Object.isFrozen(stack)) return keyFrames(stack, place).join('\n');
    const same = known.get(stack);
    if (same !== undefined) return same;
    const frames = keyFrames(stack, place).join('\n');
    known.set(stack, frames);
    return frames;
  };
}

export function explainFingerprint(error: LoggedError, options: FingerprintOptions = {}): FingerprintExplanation {
  const dropped: FingerprintExplanation['dropped'] = [];
  const frames = keyFrames(error.stack, (line) => placeOf(line, options.resolver));
  const text = explainMessage(error.message, (part) => dropped.push(part));
  const identity = identityOf(error, text, frames.join('\n'), options);
  for (const line of error.stack.slice(0, maxFramesRead)) {
    const reason = droppedFrameReason(line, frames, options.resolver);
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
  message: string,
  frames: string,
  { merge, split }: GroupingRules,
): { key: string; message: string; override: string | null } {
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

/** What a line of a stack says about where the error was thrown. */
interface Place {
  key: string;
  /** With line and column, for libraries. */
  exactKey: string;
  isInApp: boolean;
  isWrapper: boolean;
}

function placeOf(line: string, resolver: FrameResolver | undefined): Place | 'cause' | 'text' {
  if (/^(?:Caused by|Suppressed|During handling|The above)/.test(line)) return 'cause';
  const read = readFrame(line);
  if (!read) return 'text';
  const frame = resolver?.resolve(read) ?? read;
  const key = frameKey(frame);
  return {
    key,
    exactKey: `${key}:${frame.line}:${frame.column}`,
    isInApp: isInApp(frame),
    isWrapper: isWrapper(frame),
  };
}

/**
 * The frames of the program among the first three. Where a library threw, the topmost frame and the first one of the
 * program below; where none is of the program, the first three as they are.
 */
function keyFrames(stack: readonly string[], read: (line: string) => ReturnType<typeof placeOf>): string[] {
  const top: Place[] = [];
  let below: Place | null = null;
  for (let index = 0; index < Math.min(stack.length, maxFramesRead); index++) {
    const found = read(stack[index] ?? '');
    // What follows belongs to the cause, which has its own place.
    if (found === 'cause' && top.length > 0) break;
    if (typeof found === 'string') continue;
    if (top.length < topFrames) {
      top.push(found);
      continue;
    }
    if (top.some((place) => place.isInApp)) break;
    if (!found.isInApp) continue;
    below = found;
    break;
  }
  const own = top.filter((place) => place.isInApp);
  if (own.length > 0) return own.map(({ key }) => key);
  if (below && top[0]) return [top[0].key, below.key];
  // A library's lines shift with its version, not with a deploy, and are all that is left to tell two errors apart.
  const thrown = top.filter((place) => !place.isWrapper);
  return (thrown.length > 0 ? thrown : top).map(({ exactKey }) => exactKey);
}

function droppedFrameReason(line: string, kept: readonly string[], resolver: FrameResolver | undefined): string | null {
  const place = placeOf(line, resolver);
  if (place === 'text') return 'no frame';
  if (place === 'cause') return 'cause';
  if (kept.includes(place.key) || kept.includes(place.exactKey)) return null;
  if (place.isWrapper) return 'async wrapper';
  return place.isInApp ? 'below the top frames' : 'frame of a library';
}
