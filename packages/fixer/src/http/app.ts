// The fixer's web side: reports come in signed, the API asks for a token, health and metrics are open.
import type { Logger } from '@levautofix/service-kit/logger';
import express, { type Express } from 'express';
import type { Store } from '../ports/store.js';
import { apiRoutes, type Decide } from './api-routes.js';
import { errorHandler, notFound } from './error-handler.js';
import type { EventStream } from './event-stream.js';
import { guardHost, guardToken } from './guard.js';
import { reportsRoute, type ReportsOptions } from './reports-route.js';

export interface AppOptions {
  store: Pick<Store, 'incidents' | 'jobs' | 'check'>;
  ingest: ReportsOptions['ingest'];
  decide: Decide;
  events: EventStream;
  /** Text in Prometheus' format. */
  metrics: () => Promise<string>;
  relaySecret: string;
  dashboardToken: string;
  allowedHosts: readonly string[];
  now: () => number;
  log: Logger;
}

export function createApp(options: AppOptions): Express {
  const { store, events, metrics, log, now } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  app.get('/healthz', async (_request, response) => {
    await store.check();
    response.json({ status: 'ok' });
  });
  app.get('/metrics', async (_request, response) => {
    response.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics());
  });
  app.use(reportsRoute({ ingest: options.ingest, secret: options.relaySecret, now }));

  app.use(guardHost(options));
  const api = express.Router();
  api.use(guardToken({ token: options.dashboardToken }));
  api.get('/events', events.handler);
  api.use(apiRoutes({ store, decide: options.decide }));
  app.use('/api', api);

  app.use(notFound);
  app.use(errorHandler(log));
  return app;
}
