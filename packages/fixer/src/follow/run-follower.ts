// Repeats following for as long as the fixer runs; passes never overlap.
import type { Clock } from '@levautofix/service-kit/clock';

export interface FollowerOptions {
  clock: Clock;
  everyMs: number;
  follow: () => Promise<void>;
  /** A pass that failed as a whole, such as for a database that is away. */
  onFault: (error: unknown) => void;
}

export class Follower {
  readonly #options: FollowerOptions;
  #pass: Promise<void> = Promise.resolve();
  #cancel: (() => void) | null = null;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, everyMs, onFault } = this.#options;
    this.#cancel = clock.after(everyMs, () => {
      void this.follow()
        .catch(onFault)
        .then(() => {
          if (this.#cancel) this.start();
        });
    });
  }

  /** Waits for the pass that is under way. */
  async stop(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    await this.#pass;
  }

  /** One pass now, after the one that is under way. */
  follow(): Promise<void> {
    const pass = this.#pass.then(() => this.#options.follow());
    this.#pass = pass.catch(() => {});
    return pass;
  }
}
