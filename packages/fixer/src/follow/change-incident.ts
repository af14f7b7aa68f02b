// Writes what following found out, and tells persons once it is durable.
import { redactSecrets } from '@levautofix/contract/redact';
import { isSameFix, type Fix } from '../domain/fix.js';
import type { Incident } from '../domain/incident.js';
import { clip, plainLine } from '../domain/plain-text.js';
import type { IncidentStore } from '../ports/incident-store.js';
import type { FollowDeps } from './follow-deps.js';

export interface IncidentChange {
  patch: Omit<Parameters<IncidentStore['update']>[1], 'fixes'>;
  fix: Fix;
  /** Null when nobody needs to hear of it. */
  news: string | null;
}

/** Null when the incident left its state or its newest job meanwhile: the next pass sees what became of it. */
export async function changeIncident(
  incident: Incident,
  { patch, fix, news }: IncidentChange,
  { incidents, onNews, secrets }: Pick<FollowDeps, 'incidents' | 'onNews' | 'secrets'>,
): Promise<Incident | null> {
  let current: Incident | null = incident;
  while (current && current.state === incident.state && current.jobId === incident.jobId) {
    const updated = await incidents.update(current, { ...patch, fixes: withFix(current.fixes, fix) });
    if (updated) {
      if (news !== null) await onNews?.(updated, newsText(updated, fix, news, secrets));
      return updated;
    }
    // Most often just another report counted in.
    current = await incidents.get(incident.id);
  }
  return null;
}

function withFix(fixes: readonly Fix[], fix: Fix): Fix[] {
  return [...fixes.filter((known) => !isSameFix(known, fix)), fix];
}

function newsText({ severity, service, error }: Incident, fix: Fix, news: string, secrets: readonly string[]): string {
  const line = (text: string, length: number) => clip(redactSecrets(plainLine(text), secrets), length);
  const about = `${severity} · ${line(service, 80)} · ${line(`${error.type}: ${error.message}`, 300)}`;
  return `${news}\n${about}\n${fix.pullRequest.url}`;
}
