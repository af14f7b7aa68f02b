// Asks people once about each service that reports errors and has no repository here: which one is meant is never guessed.
import type { IncidentReport } from '@levautofix/contract/incident-report';
import { clip, plainLine } from '../domain/plain-text.js';
import type { Service } from '../domain/service.js';
import type { Store } from '../ports/store.js';

/** A batch with more unknown names than this is a mistake or worse. */
const maxNames = 3;

export async function askAboutServices(
  reports: readonly Pick<IncidentReport, 'service' | 'host' | 'error'>[],
  services: readonly Pick<Service, 'name'>[],
  { settings, tell }: { settings: Store['settings']; tell: (question: string) => Promise<void> },
): Promise<void> {
  const unknown = new Map(reports.map((report) => [report.service, report]));
  for (const { name } of services) unknown.delete(name);
  for (const [name, { host, error }] of [...unknown].slice(0, maxNames)) {
    const key = `asked-about-service:${clip(name, 200)}`;
    if ((await settings.get(key)) !== null) continue;
    // Noted first: a chat that fails midway must not be asked again with every report.
    await settings.set(key, 'asked');
    const line = (text: string, length: number) => clip(plainLine(text), length);
    const known = services.map((service) => service.name).join(', ') || 'none';
    await tell(
      [
        `❓ Which repository is "${line(name, 120)}"?`,
        `It reports errors${host ? ` from ${line(host, 120)}` : ''}, such as ${line(`${error.type}: ${error.message}`, 200)}, and no repository is configured for it (known: ${known}).`,
        'Nothing is done about them. Add the service to levautofix.config.yaml, or give watcher and fixer the same SERVICE_NAME, and restart the fixer. The watcher keeps the refused reports in its dead-letter file.',
      ].join('\n'),
    );
  }
}
