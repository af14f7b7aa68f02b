// `POST /v1/reports`: reports of watchers, checked for their signature before a single byte is parsed.
import { incidentReportSchema, type IncidentReport, type ReportReceipt } from '@levautofix/contract/incident-report';
import { clockToleranceMs, verifyRelay, type SignatureVerdict } from '@levautofix/service-kit/relay-signature';
import type { Fault } from '@levautofix/service-kit/fault';
import express, { type Router } from 'express';
import { z } from 'zod';
import { requestFault } from './error-handler.js';

export interface ReportsOptions {
  /** Resolves when the reports are durable; each is counted once per report id, which makes a replay harmless. */
  ingest: (reports: IncidentReport[]) => Promise<ReportReceipt>;
  secret: string;
  now: () => number;
}

const maxBodyBytes = 10 * 1024 * 1024;
const batchSchema = z.object({ reports: z.array(z.unknown()).min(1).max(500) });
const namedSchema = z.object({ id: z.string().min(1).max(200) });

export function reportsRoute({ ingest, secret, now }: ReportsOptions): Router {
  const router = express.Router();
  // Unpacking would let a small request fill the memory before its signature is known to be good.
  const readBody = express.raw({ type: () => true, limit: maxBodyBytes, inflate: false });
  router.post('/v1/reports', readBody, async (request, response) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const verdict = verifyRelay(request.headers, body, secret, now());
    if (!verdict.isValid) throw signatureFault(verdict);
    const { reports, rejected } = readBatch(body);
    const receipt: ReportReceipt = reports.length > 0 ? await ingest(reports) : { accepted: 0, duplicates: 0 };
    const refused = [...rejected, ...(receipt.rejected ?? [])];
    response.json({ ...receipt, ...(refused.length > 0 && { rejected: refused }) });
  });
  return router;
}

/** One bad report costs only itself: the sender sets it aside and the others are not sent again. */
function readBatch(body: Buffer): { reports: IncidentReport[]; rejected: { id: string; reason: string }[] } {
  const batch = batchSchema.safeParse(parseJson(body));
  if (!batch.success) throw invalidBody(z.prettifyError(batch.error));
  const reports: IncidentReport[] = [];
  const rejected: { id: string; reason: string }[] = [];
  for (const item of batch.data.reports) {
    const report = incidentReportSchema.safeParse(item);
    if (report.success) {
      reports.push(report.data);
      continue;
    }
    const named = namedSchema.safeParse(item);
    if (!named.success) throw invalidBody('A report has no id.');
    rejected.push({ id: named.data.id, reason: z.prettifyError(report.error).slice(0, 500) });
  }
  return { reports, rejected };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw requestFault('body_not_json', 'The body is not valid JSON.', 'Send one JSON document.');
  }
}

function invalidBody(problem: string): Fault {
  return requestFault(
    'body_invalid',
    `The body is no batch of reports: ${problem.slice(0, 500)}`,
    'Watcher and fixer should be of the same version.',
  );
}

function signatureFault({ reason, skewMs = 0 }: Extract<SignatureVerdict, { isValid: false }>): Fault {
  if (reason === 'clock') {
    const seconds = Math.round(Math.abs(skewMs) / 1000);
    return requestFault(
      'relay_clock_skew',
      `The sender's clock is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} this one; at most ${clockToleranceMs / 1000} s are accepted.`,
      'Set both clocks by NTP; the report is accepted when it is signed anew.',
    );
  }
  if (reason === 'missing') {
    return requestFault(
      'relay_unsigned',
      'The request carries no webhook-id, webhook-timestamp and webhook-signature.',
      'Reports are sent by a watcher that has the same RELAY_SECRET.',
    );
  }
  return requestFault(
    'relay_signature_wrong',
    'The signature does not fit the body and the secret.',
    'Give watcher and fixer the same RELAY_SECRET.',
  );
}
