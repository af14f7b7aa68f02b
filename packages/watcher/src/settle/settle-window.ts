// Gathers occurrences into incidents until they have been quiet for a while; bounded in memory whatever the log does.
import type { Fingerprint } from '@levautofix/contract/fingerprint';
import type { SettledIncident } from '../domain/incident.js';
import type { Occurrence } from '../domain/occurrence.js';
import { CascadeLinks, maxFollowers } from './cascade-links.js';
import { foldIntoDigest, digestIncident, type Digest } from './flood-digest.js';

export interface SettleOptions {
  /** Quiet time that ends a window; each occurrence restarts it. */
  settleMs: number;
  /** Longest life of a window, however often it restarts. */
  settleMaxMs: number;
  /** Quiet time of the first window of an infrastructure error; the windows after it are ordinary ones. */
  criticalSettleMs: number;
  /** Open incidents at most; beyond it those seen only once become one digest. */
  maxGroups: number;
  isInfrastructure: (occurrence: Occurrence) => boolean;
  /** Cuts a sample to size and takes its secrets out: whatever `state` or `settle` gives has gone through it. */
  seal: (occurrence: Occurrence, wanted: { hasContext: boolean }) => Occurrence;
}

export interface Follower {
  fingerprint: Fingerprint;
  count: number;
  first: Occurrence;
}

/** An incident whose window is open. Times are milliseconds since the epoch. */
export interface Group {
  fingerprint: Fingerprint;
  count: number;
  openedAt: number;
  lastSeenAt: number;
  dueAt: number;
  first: Occurrence;
  latest: Occurrence;
  isInfrastructure: boolean;
  isEarly: boolean;
  followers: Follower[];
}

/** What must survive a restart; plain JSON. */
export interface SettleState {
  groups: Group[];
  digest: Digest | null;
  /** Settled, but not yet collected. */
  settled: SettledIncident[];
  /** Infrastructure errors that left early, and until when they count as the same episode. */
  earlyUntil: [Fingerprint, number][];
  /** The time of the last step, by which a clock that was set back is noticed; null before the first. */
  now: number | null;
}

export const emptySettleState = (): SettleState => ({
  groups: [],
  digest: null,
  settled: [],
  earlyUntil: [],
  now: null,
});

/** Deterministic: what comes out depends on the options, the occurrences and the times given alone. */
export class SettleWindow {
  readonly #options: SettleOptions;
  readonly #groups = new Map<Fingerprint, Group>();
  readonly #links = new CascadeLinks();
  #digest: Digest | null;
  #settled: SettledIncident[];
  #earlyUntil: Map<Fingerprint, number>;
  /** Samples fit to be kept. Sealing waits until a sample is kept: in a flood most are not. */
  readonly #sealed = new WeakSet<Occurrence>();
  #now: number | null;

  constructor(options: SettleOptions, state: SettleState = emptySettleState()) {
    this.#options = options;
    for (const group of state.groups) {
      this.#groups.set(group.fingerprint, group);
      this.#links.open(group, group.first);
      for (const follower of group.followers) this.#links.follow(follower.fingerprint, group.fingerprint);
      for (const { first } of [group, ...group.followers]) this.#sealed.add(first);
      this.#sealed.add(group.latest);
    }
    this.#digest = state.digest;
    if (state.digest) this.#sealed.add(state.digest.first).add(state.digest.latest);
    this.#settled = [...state.settled];
    this.#earlyUntil = new Map(state.earlyUntil);
    this.#now = state.now;
  }

  add(occurrence: Occurrence): void {
    const now = occurrence.seenAt;
    this.#moveTo(now);
    let group = this.#groups.get(occurrence.fingerprint);
    if (group && group.dueAt <= now) {
      this.#close(group);
      group = undefined;
    }
    if (group) {
      group.count += 1;
      group.latest = occurrence;
      this.#extend(group, now);
      this.#links.note(occurrence, group.fingerprint);
      return;
    }
    if (this.#follows(occurrence)) return;
    this.#open(occurrence);
  }

  /** The incidents whose window has ended by `now`, oldest first. */
  settle(now: number): SettledIncident[] {
    this.#moveTo(now);
    this.#links.forgetNeighbours(now);
    for (const group of this.#groups.values()) if (group.dueAt <= now) this.#close(group);
    if (this.#digest && this.#digest.dueAt <= now) this.#closeDigest();
    for (const [fingerprint, until] of this.#earlyUntil) if (until <= now) this.#earlyUntil.delete(fingerprint);
    const settled = this.#settled;
    this.#settled = [];
    return settled;
  }

  /** Closes every window now: nothing more will come. */
  settleAll(): SettledIncident[] {
    for (const group of [...this.#groups.values()]) this.#close(group);
    if (this.#digest) this.#closeDigest();
    const settled = this.#settled;
    this.#settled = [];
    return settled;
  }

  /** When `settle` next has something to give; null while nothing is open. */
  nextDueAt(): number | null {
    if (this.#settled.length > 0) return this.#now;
    let due = this.#digest?.dueAt ?? Number.POSITIVE_INFINITY;
    for (const group of this.#groups.values()) due = Math.min(due, group.dueAt);
    return Number.isFinite(due) ? due : null;
  }

  get openGroups(): number {
    return this.#groups.size;
  }

  state(): SettleState {
    for (const group of this.#groups.values()) this.#sealGroup(group);
    if (this.#digest) this.#sealGroup(this.#digest);
    return {
      groups: [...this.#groups.values()],
      digest: this.#digest,
      settled: this.#settled,
      earlyUntil: [...this.#earlyUntil],
      now: this.#now,
    };
  }

  /** A wall clock that was set back must not keep windows open for longer: they move back with it. */
  #moveTo(now: number): void {
    const back = (this.#now ?? now) - now;
    if (back > 0) {
      for (const group of this.#groups.values()) {
        group.openedAt -= back;
        group.dueAt -= back;
      }
      if (this.#digest) {
        this.#digest.openedAt -= back;
        this.#digest.dueAt -= back;
      }
    }
    this.#now = now;
  }

  #open(occurrence: Occurrence): void {
    if (this.#groups.size >= this.#options.maxGroups) this.#makeRoom(occurrence);
    const now = occurrence.seenAt;
    const isInfrastructure = this.#options.isInfrastructure(occurrence);
    const group: Group = {
      fingerprint: occurrence.fingerprint,
      count: 1,
      openedAt: now,
      lastSeenAt: now,
      dueAt: now,
      first: occurrence,
      latest: occurrence,
      isInfrastructure,
      isEarly: isInfrastructure && !this.#earlyUntil.has(occurrence.fingerprint),
      followers: [],
    };
    if (this.#groups.size >= this.#options.maxGroups && !isInfrastructure) {
      this.#digest = foldIntoDigest(this.#digest, group, now, this.#options);
      return;
    }
    this.#extend(group, now);
    this.#groups.set(group.fingerprint, group);
    this.#links.open(group, occurrence);
  }

  #extend(group: Group, now: number): void {
    const { settleMs, settleMaxMs, criticalSettleMs } = this.#options;
    group.lastSeenAt = now;
    const quietMs = group.isEarly ? Math.min(criticalSettleMs, settleMs) : settleMs;
    group.dueAt = Math.min(now + quietMs, group.openedAt + settleMaxMs);
  }

  #follows(occurrence: Occurrence): boolean {
    const isInfrastructure = this.#options.isInfrastructure(occurrence);
    const leaderOf = this.#links.leaderOf(occurrence, isInfrastructure);
    const leader = leaderOf === null ? undefined : this.#groups.get(leaderOf);
    if (!leader || leader.dueAt <= occurrence.seenAt) return false;
    // What is critical may not hide behind what is not.
    if (isInfrastructure && !leader.isInfrastructure) return false;
    const follower = leader.followers.find((item) => item.fingerprint === occurrence.fingerprint);
    if (follower) follower.count += 1;
    else if (leader.followers.length >= maxFollowers) return false;
    else leader.followers.push({ fingerprint: occurrence.fingerprint, count: 1, first: occurrence });
    this.#links.follow(occurrence.fingerprint, leader.fingerprint);
    this.#links.note(occurrence, leader.fingerprint);
    this.#extend(leader, occurrence.seenAt);
    return true;
  }

  /** In a flood, what was seen only once says little on its own: it gives way to what repeats. */
  #makeRoom({ seenAt }: Occurrence): void {
    for (const group of this.#groups.values()) {
      if (!isLone(group)) continue;
      this.#forget(group);
      this.#digest = foldIntoDigest(this.#digest, group, seenAt, this.#options);
    }
  }

  #close(group: Group): void {
    this.#forget(group);
    if (this.#digest && isLone(group) && group.openedAt >= this.#digest.openedAt) {
      this.#digest = foldIntoDigest(this.#digest, group, this.#digest.lastSeenAt, this.#options);
      return;
    }
    if (group.isEarly) this.#rememberEarly(group);
    this.#sealGroup(group);
    const { fingerprint, count, openedAt, lastSeenAt, first, latest, followers } = group;
    const firstSeenAt = Math.min(openedAt, first.seenAt);
    this.#settled.push({ fingerprint, count, firstSeenAt, lastSeenAt, first, latest, followers, dropped: 0 });
  }

  #closeDigest(): void {
    // What is left of the flood's last wave belongs to it as well: one flood, one digest.
    for (const group of [...this.#groups.values()])
      if (isLone(group) && this.#digest && group.openedAt >= this.#digest.openedAt) this.#close(group);
    if (this.#digest) {
      this.#sealGroup(this.#digest);
      this.#settled.push(digestIncident(this.#digest, this.#options.maxGroups));
    }
    this.#digest = null;
  }

  #sealGroup(group: { first: Occurrence; latest: Occurrence; followers?: Follower[] }): void {
    const isOne = group.first === group.latest;
    group.first = this.#seal(group.first, { hasContext: true });
    group.latest = isOne ? group.first : this.#seal(group.latest, { hasContext: false });
    for (const follower of group.followers ?? []) follower.first = this.#seal(follower.first, { hasContext: false });
  }

  #seal(occurrence: Occurrence, wanted: { hasContext: boolean }): Occurrence {
    if (this.#sealed.has(occurrence)) return occurrence;
    const sealed = this.#options.seal(occurrence, wanted);
    this.#sealed.add(sealed);
    return sealed;
  }

  #rememberEarly(group: Group): void {
    const { settleMaxMs } = this.#options;
    if (this.#earlyUntil.size >= 1_000) this.#earlyUntil.clear();
    this.#earlyUntil.set(group.fingerprint, group.lastSeenAt + settleMaxMs);
  }

  #forget(group: Group): void {
    this.#groups.delete(group.fingerprint);
    this.#links.close(group.fingerprint);
  }
}

function isLone(group: Group): boolean {
  return group.count === 1 && group.followers.length === 0 && !group.isInfrastructure;
}
