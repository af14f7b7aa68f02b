// The one door for answers: records a press or a named decision, then tells whoever must know.
import type { DecisionAnswer, DecisionInput } from '../ports/approval-channel.js';
import type { JobStore } from '../ports/job-store.js';
import { recordNamed, recordPress, type DecisionResult, type NamedDecision } from './record-decision.js';

export type AcceptedDecision = Extract<DecisionResult, { isAccepted: true }>;

export interface DeciderOptions {
  jobs: Pick<JobStore, 'get' | 'findByNonce' | 'save'>;
  now: () => number;
  /** After the decision is durable: wake the worker, edit the messages, tell open pages. Not waited for. */
  onDecided: (decision: AcceptedDecision) => void;
}

export class Decider {
  readonly #options: DeciderOptions;

  constructor(options: DeciderOptions) {
    this.#options = options;
  }

  readonly press = async (input: DecisionInput): Promise<DecisionAnswer> => {
    const { jobs, now } = this.#options;
    return this.#announce(await recordPress(jobs, input, now));
  };

  readonly decide = async (input: NamedDecision): Promise<DecisionResult> => {
    const { jobs, now } = this.#options;
    return this.#announce(await recordNamed(jobs, input, now));
  };

  #announce(result: DecisionResult): DecisionResult {
    if (result.isAccepted) this.#options.onDecided(result);
    return result;
  }
}
