// The watcher's pages for machines: health, metrics, status, and the reports themselves in pull mode.
import { verifyRelay } from '@levautofix/service-kit/relay-signature';
import express, { type Express } from 'express';
import type { ReportSpool } from '../ports/report-spool.js';
import { fitBatch } from '../relay/fit-batch.js';
import { formatMetrics } from './metrics.js';
import type { WatcherStatus } from './status.js';

export interface AppOptions {
  status: () => WatcherStatus;
  now: () => number;
  /** Null in push mode: the reports are then not served. */
  pull: { spool: ReportSpool; spoolId: () => string; secret: string } | null;
}

const pageSize = 100;

export function createApp({ status, now, pull }: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/healthz', (_request, response) => {
    const { health, problems } = status();
    response.status(health === 'failing' ? 503 : 200).json({ status: health, problems });
  });
  app.get('/metrics', (_request, response) => {
    response.type('text/plain; version=0.0.4; charset=utf-8').send(formatMetrics(status()));
  });
  app.get('/v1/status', (_request, response) => {
    response.json(status());
  });
  if (pull) app.get('/v1/reports', pullReports(pull, now));
  app.use((_request, response) => {
    response.status(404).json({ error: 'there is no such page' });
  });
  return app;
}

/**
 * `GET /v1/reports?after=CURSOR` answers `{reports, next}`, oldest first; the next call names `next` as its cursor and thereby says
 * that everything before it is durable on the other side. Without a cursor it begins with the oldest report there is.
 * Signed like a push: Standard Webhooks headers with the relay secret, where the body is the path and query as sent
 * (`/v1/reports?after=CURSOR`). A cursor of an emptied state folder is recognised and begins anew.
 */
function pullReports({ spool, spoolId, secret }: NonNullable<AppOptions['pull']>, now: () => number): express.Handler {
  return (request, response, next) => {
    const verdict = verifyRelay(request.headers, request.originalUrl, secret, now());
    if (!verdict.isValid) {
      const message =
        verdict.reason === 'clock'
          ? 'The clocks of the two machines differ by more than five minutes.'
          : 'The request is not signed with the relay secret of this watcher.';
      response.status(401).json({ error: verdict.reason, message });
      return;
    }
    const after = parseCursor(request.query['after'], spoolId());
    const serve = async () => {
      if (after > 0) await spool.acknowledge(after);
      const page = fitBatch(await spool.read(after, pageSize));
      const last = page.at(-1)?.sequence ?? after;
      response.json({ reports: page.map(({ report }) => report), next: `${spoolId()}.${last}` });
    };
    serve().catch(next);
  };
}

function parseCursor(cursor: unknown, spoolId: string): number {
  if (typeof cursor !== 'string') return 0;
  const [id, sequence = ''] = cursor.split('.');
  return id === spoolId && /^\d{1,15}$/.test(sequence) ? Number(sequence) : 0;
}
