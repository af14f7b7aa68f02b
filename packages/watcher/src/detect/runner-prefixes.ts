// What a runner writes in front of each line of its programs, learned from the first frame that stands behind it.
import { isIndentedFrame, isPlacedFrame } from './continuation.js';

/** More than a source has: beyond that they are forgotten, and those that still come are learned again. */
const maxPrefixes = 64;
/** A name, a task, a pod; no value, and no clock. */
const prefixed = /^(?<prefix>[\w@[(][^"'{}=\s]{0,60}(?: [^"'{}=\s]{1,60}){0,2}) {3,}at /;
const stamp = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)`;
const stampedFrame = new RegExp(`^${stamp} {3,}at `);
const stamped = new RegExp(`^(?<time>${stamp})(?: |$)`);
/** Stands in all of these frames: found faster than a pattern is tried. */
const guard = '   at ';

/** Whether a frame stands in the line, behind something. */
export function holdsFrame(text: string): boolean {
  const first = text.charCodeAt(0);
  // Frames by themselves, and records in JSON that hold theirs.
  if (first === 0x20 || first === 0x09 || first === 0x7b) return false;
  const at = text.indexOf(guard);
  return at > 0 && isPlacedFrame(text.slice(at));
}

export class RunnerPrefixes {
  readonly #prefixes = new Set<string>();
  #areStamped = false;

  /** The line without its prefix; null where it has none that is known. `time`: null where the prefix states none. */
  unwrap(text: string): { text: string; stream: string; time: string | null } | null {
    if (this.#areStamped) {
      const time = stamped.exec(text)?.groups?.time;
      if (time !== undefined) return { text: text.slice(time.length + 1), stream: '', time };
    }
    for (const prefix of this.#prefixes) {
      if (!text.startsWith(prefix)) continue;
      const next = text.charCodeAt(prefix.length);
      if (next === 0x20 || Number.isNaN(next))
        return { text: text.slice(prefix.length + 1), stream: prefix, time: null };
    }
    return null;
  }

  /** Whether the line, which holds a frame, is one behind a prefix; `above` are the lines before it. */
  learn(text: string, above: readonly { text: string }[]): boolean {
    if (stampedFrame.test(text)) {
      this.#areStamped = true;
      return true;
    }
    const prefix = prefixed.exec(text)?.groups?.prefix;
    if (prefix === undefined || /\d:\d\d/.test(prefix)) return false;
    // The head of the error has it too.
    const isAbove = (line: string): boolean =>
      line.startsWith(`${prefix} `) && !isIndentedFrame(line.slice(prefix.length));
    if (!above.some((line) => isAbove(line.text))) return false;
    if (this.#prefixes.size >= maxPrefixes) this.#prefixes.clear();
    this.#prefixes.add(prefix);
    return true;
  }
}
