// The alarms that watchers report: incidents of the kind `probe`, one alarm for each build they were seen in.
import type { Alarm, AlarmSource } from '../ports/alarm-source.js';
import type { IncidentStore } from '../ports/incident-store.js';
import { recentIncidents } from './signs-of-life.js';

export function createReportedAlarms(incidents: Pick<IncidentStore, 'list'>): AlarmSource {
  return {
    async list(service, since) {
      const alarms: Alarm[] = [];
      for await (const incident of recentIncidents(incidents, {}, since)) {
        if (incident.kind !== 'probe' || incident.service !== service) continue;
        for (const { release, environment, count, firstSeenAt, lastSeenAt } of incident.sightings) {
          if (lastSeenAt < since) continue;
          alarms.push({
            probe: incident.fingerprint,
            text: `${incident.error.type}: ${incident.error.message}`,
            environment,
            release,
            failures: count,
            firstFailedAt: firstSeenAt,
            lastFailedAt: lastSeenAt,
          });
        }
      }
      return alarms;
    },
  };
}
