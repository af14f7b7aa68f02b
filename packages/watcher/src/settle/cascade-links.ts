// Tells whether a new error belongs to an incident that is already open: same request, one cause chain, or a broken dependency.
import type { Fingerprint } from '@levautofix/contract/fingerprint';
import type { Occurrence } from '../domain/occurrence.js';

/** The contract's limit of followers in one report. */
export const maxFollowers = 50;
const maxTraceIdsPerLeader = 200;
const maxSources = 500;
/** Short ids such as `7` repeat between worker processes, so they join only what is close in time. */
const shortTraceIdLength = 8;
const shortTraceIdMs = 2_000;
const backToBackMs = 1_000;
/** Shorter messages are contained in too many others. */
const minSharedLength = 8;
const maxText = 500;

/** What errors say that only happen because something they depend on is away. */
const dependencyPattern =
  /\b(?:ECONN\w*|ETIMEDOUT|EPIPE|timed? ?out|time-?out|unavailable|not connected|disconnected|socket hang up|(?:connection|connect|pool|topology|upstream|gateway)\b)/i;
const causePattern = /^\s*(?:\[cause\]|Caused by|cause):\s*(.+)$/i;

interface Leader {
  fingerprint: Fingerprint;
  isInfrastructure: boolean;
  headline: string;
  causes: string[];
  traceIds: string[];
}

interface LastEvent {
  leader: Fingerprint;
  occurrence: Occurrence;
}

export class CascadeLinks {
  readonly #leaders = new Map<Fingerprint, Leader>();
  readonly #leaderByFollower = new Map<Fingerprint, Fingerprint>();
  readonly #byTraceId = new Map<string, { leader: Fingerprint; seenAt: number }>();
  readonly #byHeadline = new Map<string, Fingerprint>();
  readonly #lastBySource = new Map<string, LastEvent>();
  #infrastructure: Fingerprint[] = [];

  open(
    { fingerprint, isInfrastructure }: { fingerprint: Fingerprint; isInfrastructure: boolean },
    first: Occurrence,
  ): void {
    const headline = headlineOf(first);
    const leader = { fingerprint, isInfrastructure, headline, causes: causesOf(first), traceIds: [] };
    this.#leaders.set(fingerprint, leader);
    for (const text of [headline, ...leader.causes])
      if (text.length >= minSharedLength && !this.#byHeadline.has(text)) this.#byHeadline.set(text, fingerprint);
    if (isInfrastructure) this.#infrastructure.push(fingerprint);
    this.note(first, fingerprint);
  }

  follow(follower: Fingerprint, leader: Fingerprint): void {
    this.#leaderByFollower.set(follower, leader);
  }

  /** Remembers an occurrence as a possible start for followers. What it says is read only as far as it may be needed. */
  note(occurrence: Occurrence, fingerprint: Fingerprint): void {
    const { source, seenAt } = occurrence;
    const leader = this.#leaders.get(fingerprint);
    const traceId = leader && leader.traceIds.length < maxTraceIdsPerLeader ? occurrence.traceId : null;
    if (leader && traceId !== null) {
      const key = traceKey(source, traceId);
      if (!this.#byTraceId.has(key)) leader.traceIds.push(key);
      this.#byTraceId.set(key, { leader: fingerprint, seenAt });
    }
    if (!this.#lastBySource.has(source) && this.#lastBySource.size >= maxSources) this.#lastBySource.clear();
    this.#lastBySource.set(source, { leader: fingerprint, occurrence });
  }

  /** Lets go of what came too long ago to be a neighbour: unlike a sample it is not cut to size. */
  forgetNeighbours(now: number): void {
    for (const [source, { occurrence }] of this.#lastBySource)
      if (now - occurrence.seenAt > backToBackMs) this.#lastBySource.delete(source);
  }

  close(fingerprint: Fingerprint): void {
    const leader = this.#leaders.get(fingerprint);
    if (!leader) return;
    this.#leaders.delete(fingerprint);
    for (const key of leader.traceIds) this.#byTraceId.delete(key);
    for (const text of [leader.headline, ...leader.causes])
      if (this.#byHeadline.get(text) === fingerprint) this.#byHeadline.delete(text);
    for (const [follower, of] of this.#leaderByFollower)
      if (of === fingerprint) this.#leaderByFollower.delete(follower);
    if (leader.isInfrastructure) this.#infrastructure = this.#infrastructure.filter((item) => item !== fingerprint);
  }

  /** The open incident that this error, which has none of its own, follows from; null where it stands alone. */
  leaderOf(occurrence: Occurrence, isInfrastructure: boolean): Fingerprint | null {
    const leader =
      this.#leaderByFollower.get(occurrence.fingerprint) ??
      this.#byTrace(occurrence) ??
      this.#byCause(occurrence) ??
      this.#byNeighbour(occurrence) ??
      (isInfrastructure ? undefined : this.#byDependency(occurrence));
    return leader !== undefined && this.#leaders.has(leader) ? leader : null;
  }

  #byTrace({ traceId, source, seenAt }: Occurrence): Fingerprint | undefined {
    if (traceId === null) return undefined;
    const known = this.#byTraceId.get(traceKey(source, traceId));
    if (!known) return undefined;
    return traceId.length < shortTraceIdLength && seenAt - known.seenAt > shortTraceIdMs ? undefined : known.leader;
  }

  #byCause(occurrence: Occurrence): Fingerprint | undefined {
    for (const cause of causesOf(occurrence)) {
      const leader = this.#byHeadline.get(cause);
      if (leader !== undefined) return leader;
    }
    const leader = this.#byHeadline.get(headlineOf(occurrence));
    // Only a cause of another error joins; two errors that merely read alike have different frames for a reason.
    return leader !== undefined && this.#leaders.get(leader)?.causes.includes(headlineOf(occurrence))
      ? leader
      : undefined;
  }

  /** An error line and its trace, written back to back: neighbours in one source, one with a stack, one quoting the other. */
  #byNeighbour({ source, startLine, seenAt, error }: Occurrence): Fingerprint | undefined {
    const { occurrence: last, leader } = this.#lastBySource.get(source) ?? {};
    if (!last || startLine - last.endLine !== 1 || seenAt - last.seenAt > backToBackMs) return undefined;
    if (last.error.stack.length > 0 === error.stack.length > 0) return undefined;
    const [text, other] = [cut(error.message), cut(last.error.message)];
    const [short, long] = text.length < other.length ? [text, other] : [other, text];
    return short.length >= minSharedLength && long.includes(short) ? leader : undefined;
  }

  #byDependency(occurrence: Occurrence): Fingerprint | undefined {
    const leader = this.#infrastructure[0];
    return leader !== undefined && dependencyPattern.test(headlineOf(occurrence)) ? leader : undefined;
  }
}

function traceKey(source: string, traceId: string): string {
  // Ids that are long enough to be unique join over files too, such as an access log and an error log.
  return traceId.length < shortTraceIdLength ? `${source}\0${traceId}` : traceId.slice(0, 200);
}

/** A piece of a string keeps the whole line alive that it was cut from; a copy does not. */
function cut(text: string): string {
  return text.length <= maxText ? text : Buffer.from(text.slice(0, maxText)).toString();
}

function headlineOf({ error }: Occurrence): string {
  return cut(`${error.type}: ${cut(error.message)}`.split('\n', 1)[0]!);
}

function causesOf({ error }: Occurrence): string[] {
  const causes: string[] = [];
  for (const line of error.stack) {
    const cause = causePattern.exec(line)?.[1];
    if (cause !== undefined) causes.push(cut(cause.replace(/\s*\{$/, '')));
    if (causes.length === 10) break;
  }
  return causes;
}
