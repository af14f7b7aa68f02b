// A worker: claims the next due job, runs the step its state asks for, and writes the transition, one job at a time.
import type { Clock } from '@levautofix/service-kit/clock';
import { isTerminal, type JobState } from '@levautofix/contract/job-state';
import type { HistoryEntry, Job } from '../domain/job.js';
import { applyTransition, type Transition } from '../job/transition.js';
import type { JobStore } from '../ports/job-store.js';
import { runStep, type StepLimits, type Steps } from './run-step.js';

export interface WorkerOptions {
  /** The same over restarts, so that a new process takes back what the old one held. */
  id: string;
  jobs: JobStore;
  steps: Steps;
  clock: Clock;
  leaseMs: number;
  limits: StepLimits;
  /** Told of every transition after it is durable. */
  onTransition?: (job: Job, entry: HistoryEntry) => void;
  /** Runs once a job has ended; again at the next start if the process dies before it is through. */
  onEnded: (job: Job) => Promise<void>;
  /** A fault of the queue itself, such as a database that is away: the worker goes on after a pause. */
  onQueueFault: (error: unknown) => void;
}

const idlePollMs = 5_000;

export class Worker {
  readonly #options: WorkerOptions;
  #stopping = new AbortController();
  #loop: Promise<void> | null = null;
  #wake: () => void = () => {};
  #isAwake = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopping = new AbortController();
    this.#loop ??= this.#run(this.#stopping.signal);
  }

  /** Ends the running step and waits for it; the job stays claimable. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the worker stops'));
    this.wake();
    await this.#loop;
    this.#loop = null;
  }

  /** Looks for due jobs now rather than at the next poll. */
  wake(): void {
    this.#isAwake = true;
    this.#wake();
  }

  /** Works until nothing is due; for tests and one-shot commands, on a worker that was not started. */
  async drain(signal: AbortSignal = this.#stopping.signal): Promise<void> {
    while (await this.#takeOne(signal));
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (await this.#takeOne(signal)) continue;
      } catch (error) {
        if (signal.aborted) return;
        this.#options.onQueueFault(error);
      }
      await this.#sleep(signal);
    }
  }

  async #sleep(signal: AbortSignal): Promise<void> {
    if (this.#isAwake || signal.aborted) {
      this.#isAwake = false;
      return;
    }
    const { clock, jobs } = this.#options;
    const dueAt = await jobs.nextDueAt(clock.now()).catch(() => null);
    await new Promise<void>((resolve) => {
      const waitMs = Math.max(10, Math.min(idlePollMs, (dueAt ?? Infinity) - clock.now()));
      const cancel = clock.after(waitMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
      if (this.#isAwake || signal.aborted) this.#wake();
    });
    this.#isAwake = false;
    this.#wake = () => {};
  }

  async #takeOne(stop: AbortSignal): Promise<boolean> {
    const { jobs, clock, id, leaseMs, steps, limits } = this.#options;
    if (stop.aborted) return false;
    const job = await jobs.claim({ id, now: clock.now(), leaseMs });
    if (!job) return false;
    const lease = this.#keepLease(job, stop);
    try {
      const transition = await runStep(job, steps, { signal: lease.signal, now: () => clock.now() }, limits);
      await this.#write(job, transition);
    } catch (error) {
      if (!lease.signal.aborted) throw error;
      // Stopped or overtaken: nothing is written, the step is run again by whoever claims the job next.
      await jobs.release(job).catch(() => {});
    } finally {
      lease.end();
    }
    return true;
  }

  async #write(job: Job, transition: Transition): Promise<void> {
    const { jobs, clock, onTransition, onEnded } = this.#options;
    const result = applyTransition(job, transition, clock.now());
    if (!result.isAllowed) throw new Error(`step for ${job.state}: ${result.reason}`);
    if (!(await jobs.save(job, result.job, result.entry))) return;
    onTransition?.(result.job, result.entry);
    if (isTerminal(result.job.state)) await onEnded(result.job);
  }

  #keepLease(job: Job, stop: AbortSignal): { signal: AbortSignal; end: () => void } {
    const { jobs, clock, leaseMs } = this.#options;
    const lost = new AbortController();
    let cancel = () => {};
    const schedule = () => {
      cancel = clock.after(leaseMs / 3, () => {
        jobs.renewLease(job, clock.now() + leaseMs).then(
          (isOurs) => (isOurs ? schedule() : lost.abort(new Error('the lease was lost'))),
          // The database may be back before the lease runs out.
          () => schedule(),
        );
      });
    };
    schedule();
    return { signal: AbortSignal.any([lost.signal, stop]), end: () => cancel() };
  }
}

/** States in which a job waits for a person rather than for a worker. */
export function isWaitingForPerson(state: JobState): boolean {
  return state === 'awaiting_start' || state === 'awaiting_approval';
}
