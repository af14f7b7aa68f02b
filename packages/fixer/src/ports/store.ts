// One database connection that holds everything the fixer must not forget.
import type { IncidentStore } from './incident-store.js';
import type { JobStore } from './job-store.js';
import type { LedgerStore } from './ledger-store.js';

export interface Store {
  readonly incidents: IncidentStore;
  readonly jobs: JobStore;
  readonly ledger: LedgerStore;
  /** Small values that outlive a restart, such as a chat's dashboard message or a pull cursor. */
  readonly settings: SettingsStore;
  /** Rejects with a fault that says what to do when the database cannot be reached. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export interface SettingsStore {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<void>;
}
