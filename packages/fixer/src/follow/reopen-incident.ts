// Takes back a no: an error that was ignored or left to a person is worked on again, because somebody says so.
import { fingerprintDigits } from '@levautofix/contract/fingerprint';
import type { IncidentState } from '@levautofix/contract/job-state';
import type { Incident } from '../domain/incident.js';
import { clip, plainLine } from '../domain/plain-text.js';
import type { IncidentStore } from '../ports/incident-store.js';
import { recentIncidents } from './signs-of-life.js';

/** `unknown`: there is no such error, or more than one. `busy`: it is being worked on or followed already. */
export type ReopenResult =
  | { isReopened: true; message: string; incident: Incident }
  | { isReopened: false; message: string; code: 'unknown' | 'busy' };

type Incidents = Pick<IncidentStore, 'get' | 'list' | 'update'>;

const restingStates: readonly IncidentState[] = ['skipped', 'needs_person', 'snoozed'];

/**
 * `reference` is the id of an incident or its fingerprint, with or without `v1:`. The incident becomes open without a job, which whoever
 * works on the store gives it with its next look.
 */
export async function reopenIncident(reference: string, by: string, incidents: Incidents): Promise<ReopenResult> {
  const shown = clip(plainLine(reference), 80);
  const found = await find(reference, incidents);
  if (found.length === 0) {
    const message = `There is no error "${shown}" that was ignored or left to a person.`;
    return { isReopened: false, code: 'unknown', message };
  }
  if (found.length > 1) {
    const list = found.map(({ id, service }) => `${id} (${plainLine(service)})`).join(', ');
    return { isReopened: false, code: 'unknown', message: `Several services have it; name one of ${list}.` };
  }
  for (let current: Incident | null = found[0] ?? null; current; current = await incidents.get(current.id)) {
    const { state, service, error, kind } = current;
    if (!restingStates.includes(state)) {
      const message = `This error is ${state.replaceAll('_', ' ')}: nothing holds it back.`;
      return { isReopened: false, code: 'busy', message };
    }
    if (kind === 'probe') {
      const message = 'This is a probe: what it tells of is not repaired by a change to the repository.';
      return { isReopened: false, code: 'busy', message };
    }
    const reason = `Reopened by ${by}.`;
    const updated = await incidents.update(current, { state: 'open', jobId: null, snoozedUntil: null, reason });
    // Most often just another report counted in, when it failed.
    if (!updated) continue;
    const what = clip(plainLine(`${service}: ${error.type}: ${error.message}`), 200);
    return { isReopened: true, incident: updated, message: `Reopened: ${what}. A new job starts within a minute.` };
  }
  return { isReopened: false, code: 'unknown', message: 'The error is gone.' };
}

async function find(reference: string, incidents: Incidents): Promise<Incident[]> {
  const byId = await incidents.get(reference);
  if (byId) return [byId];
  const digits = reference.replace(/^v\d+:/, '').toLowerCase();
  const found: Incident[] = [];
  for (const state of restingStates) {
    for await (const incident of recentIncidents(incidents, { state }, 0)) {
      if (fingerprintDigits(incident.fingerprint) === digits) found.push(incident);
    }
  }
  return found;
}
