// The JSON API over incidents and jobs, and the two writes it has: a decision, and taking back that an error is ignored.
import { decisionSchema } from '@levautofix/contract/decision';
import { incidentStateSchema, jobStateSchema } from '@levautofix/contract/job-state';
import express, { type Request, type Router } from 'express';
import { z } from 'zod';
import { presentIncident, presentJob } from '../domain/job-presenter.js';
import type { Job } from '../domain/job.js';
import { countOutcomes } from '../follow/count-outcomes.js';
import { reopenIncident } from '../follow/reopen-incident.js';
import type { Store } from '../ports/store.js';
import { requestFault } from './error-handler.js';

export interface NamedAnswer {
  jobId: string;
  answer: 'approve' | 'skip';
  commit: string;
  diffHash: string;
  by: string;
}

export type Decide = (
  answer: NamedAnswer,
) => Promise<
  | { isAccepted: true; message: string; job: Job }
  | { isAccepted: false; message: string; code: 'unknown' | 'expired' | 'answered' | 'stale' | 'closed' | 'invalid' }
>;

export interface ApiOptions {
  store: Pick<Store, 'incidents' | 'jobs'>;
  decide: Decide;
}

const pageQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: z.string().min(1).max(500).optional(),
};
const incidentQuery = z.object({ state: incidentStateSchema.optional(), ...pageQuery });
const jobQuery = z.object({ state: jobStateSchema.optional(), ...pageQuery });

export function apiRoutes({ store, decide }: ApiOptions): Router {
  const router = express.Router();

  router.get('/incidents', async (request, response) => {
    const { items, next } = await store.incidents.list(present(readQuery(incidentQuery, request)));
    response.json({ items: items.map(presentIncident), next });
  });

  router.get('/incidents/:id', async (request, response) => {
    response.json(presentIncident(found(await store.incidents.get(request.params.id), 'incident')));
  });

  /** Takes back that an error is ignored or left to a person; also by fingerprint. */
  router.post('/incidents/:id/reopen', async (request, response) => {
    const result = await reopenIncident(request.params.id, 'web', store.incidents);
    if (!result.isReopened) {
      const code = result.code === 'unknown' ? 'not_found' : 'incident_busy';
      throw requestFault(code, result.message, 'Load the incident again to see where it stands.');
    }
    response.json(presentIncident(result.incident));
  });

  router.get('/jobs', async (request, response) => {
    const { items, next } = await store.jobs.list(present(readQuery(jobQuery, request)));
    response.json({ items: items.map(presentJob), next });
  });

  router.get('/jobs/:id', async (request, response) => {
    response.json(presentJob(found(await store.jobs.get(request.params.id), 'job')));
  });

  router.get('/jobs/:id/history', async (request, response) => {
    const job = found(await store.jobs.get(request.params.id), 'job');
    const entries = await store.jobs.history(job.id);
    response.json({ items: entries.map((entry) => ({ ...entry, at: new Date(entry.at).toISOString() })), next: null });
  });

  router.get('/outcomes', async (_request, response) => {
    response.json({ items: await countOutcomes(store), next: null });
  });

  router.post('/jobs/:id/decision', express.json({ limit: '16kb' }), async (request, response) => {
    const body = decisionSchema.safeParse(request.body);
    if (!body.success)
      throw requestFault('body_invalid', z.prettifyError(body.error), 'docs/api.md says what it takes.');
    const { decision, commit, diffHash } = body.data;
    const result = await decide({ jobId: request.params.id, answer: decision, commit, diffHash, by: 'web' });
    if (result.isAccepted) {
      response.json(presentJob(result.job));
      return;
    }
    const code = result.code === 'unknown' ? 'not_found' : (`decision_${result.code}` as const);
    throw requestFault(code, result.message, 'Load the job again to see where it stands.');
  });

  return router;
}

function readQuery<Query>(schema: z.ZodType<Query>, { query }: Request): Query {
  const parsed = schema.safeParse(query);
  if (!parsed.success) throw requestFault('query_invalid', z.prettifyError(parsed.error), 'Correct the address.');
  return parsed.data;
}

/** Leaves out what is undefined, which the store's queries do not take. */
function present<State, Query extends { limit: number; state?: State | undefined; after?: string | undefined }>({
  limit,
  state,
  after,
}: Query): { limit: number; state?: State; after?: string } {
  return { limit, ...(state !== undefined && { state }), ...(after !== undefined && { after }) };
}

function found<Item>(item: Item | null, noun: string): Item {
  if (item !== null) return item;
  throw requestFault('not_found', `There is no such ${noun}.`, `List them to see which there are.`);
}
