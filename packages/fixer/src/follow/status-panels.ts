// Answers how things stand: the queue, the newest errors, and the fixer itself.
import { fingerprintDigits } from '@levautofix/contract/fingerprint';
import { redactSecrets } from '@levautofix/contract/redact';
import type { Severity } from '@levautofix/contract/severity';
import type { Incident } from '../domain/incident.js';
import type { Job } from '../domain/job.js';
import { clip, plainLine } from '../domain/plain-text.js';
import type { PanelName, StatusPanels } from '../ports/status-panels.js';
import type { Store } from '../ports/store.js';

export interface StatusOptions {
  store: Pick<Store, 'jobs' | 'incidents' | 'ledger'>;
  now: () => number;
  startedAt: number;
  /** What else a person may want to know of this fixer, such as its sandbox: name and value. */
  facts: Readonly<Record<string, string>>;
  secrets: readonly string[];
}

const marks: Record<Severity, string> = { critical: '🔴', high: '🟠', medium: '🟡', low: '⚪' };
const dayMs = 24 * 60 * 60_000;
const maxRows = 10;

export function createStatusPanels(options: StatusOptions): StatusPanels {
  const { store, now, startedAt, facts, secrets } = options;
  const line = (text: string, length: number) => clip(redactSecrets(plainLine(text), secrets), length);

  const jobRow = ({ severity, service, state, branch, updatedAt, reason }: Job) =>
    `${marks[severity]} ${line(service, 40)} · ${state} · ${branch} · ${ageOf(now() - updatedAt)}${reason ? ` · ${line(reason, 100)}` : ''}`;

  const incidentRow = ({ severity, service, count, state, error, lastSeenAt, fingerprint }: Incident) => {
    const text = `${marks[severity]} ${line(service, 40)} ×${count} · ${line(`${error.type}: ${error.message}`, 120)} · ${state} · ${ageOf(now() - lastSeenAt)} ago`;
    const isHeld = state === 'skipped' || state === 'needs_person';
    return isHeld ? `${text} · /reopen ${fingerprintDigits(fingerprint)}` : text;
  };

  const panels: Record<PanelName, () => Promise<string[]>> = {
    async queue() {
      const open = await store.jobs.listOpen();
      if (open.length === 0) return ['No open jobs.'];
      const waiting = open.filter(({ state }) => state === 'awaiting_approval' || state === 'awaiting_start').length;
      const head = `${open.length} open ${open.length === 1 ? 'job' : 'jobs'}, ${waiting} of them waiting for a person.`;
      return [head, ...open.slice(0, maxRows).map(jobRow), ...restOf(open.length)];
    },
    async errors() {
      const { items, next } = await store.incidents.list({ limit: maxRows });
      if (items.length === 0) return ['No errors were reported yet.'];
      return [...items.map(incidentRow), ...(next === null ? [] : ['… and older ones'])];
    },
    async system() {
      const spent = await store.ledger.total({ since: now() - dayMs });
      return [
        `Up for ${ageOf(now() - startedAt)}.`,
        `Last 24 hours: $${spent.usd.toFixed(2)}, ${spent.tokens.toLocaleString('en-US')} tokens.`,
        ...Object.entries(facts).map(([name, value]) => `${name}: ${line(value, 120)}`),
      ];
    },
  };
  return { read: (panel) => panels[panel]() };
}

function restOf(total: number): string[] {
  return total > maxRows ? [`… and ${total - maxRows} more`] : [];
}

function ageOf(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}
