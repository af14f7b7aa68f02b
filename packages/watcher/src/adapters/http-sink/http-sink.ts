// The fixer reached over HTTP: one signed POST for each batch, signed again for each attempt.
import { createHash } from 'node:crypto';
import { reportReceiptSchema } from '@levautofix/contract/incident-report';
import { Fault } from '@levautofix/service-kit/fault';
import { signRelay } from '@levautofix/service-kit/relay-signature';
import type { AxiosInstance, AxiosResponse } from 'axios';
import { withoutCredentials } from '../../domain/without-credentials.js';
import type { ReportSink } from '../../ports/report-sink.js';

export interface HttpSinkOptions {
  fixerUrl: string;
  secret: string;
  now: () => number;
  timeoutMs?: number;
}

/** What the fixer answers when the batch itself is at fault; anything else may pass, so the reports are kept. */
const refusals = new Set([400, 413, 415, 422]);

export interface FixerClient {
  /** One signed request, whatever the answer is. @throws Fault `fixer_unreachable`. */
  post(
    id: string,
    body: Buffer,
    signal?: AbortSignal,
  ): Promise<Pick<AxiosResponse<unknown>, 'status' | 'data' | 'headers'>>;
}

export function createHttpSink(options: HttpSinkOptions): ReportSink {
  const { fixerUrl, now } = options;
  const client = createFixerClient(options);
  return {
    async send(reports, signal) {
      const body = Buffer.from(JSON.stringify({ reports }));
      // The same batch keeps its id over retries; what makes a report unique is its own id.
      const id = `batch_${createHash('sha256')
        .update(reports.map((report) => report.id).join('\n'))
        .digest('hex')
        .slice(0, 32)}`;
      const { status, data, headers } = await client.post(id, body, signal);
      if (status < 200 || status > 299) throw statusFault(status, data, String(headers['retry-after'] ?? ''), now());
      const receipt = reportReceiptSchema.safeParse(data);
      if (receipt.success) return receipt.data;
      throw new Fault({
        code: 'fixer_answer_unknown',
        message: `${withoutCredentials(fixerUrl)} answered ${status}, but not as a fixer does.`,
        remedy: 'Check that FIXER_URL is the address of the fixer.',
        isRetryable: true,
      });
    },
  };
}

export function createFixerClient({ fixerUrl, secret, now, timeoutMs = 15_000 }: HttpSinkOptions): FixerClient {
  let client: Promise<AxiosInstance> | null = null;
  return {
    async post(id, body, signal) {
      client ??= createClient(timeoutMs);
      return (
        (await client)
          .post<unknown>(`${fixerUrl}/v1/reports`, body, {
            ...(signal && { signal }),
            headers: {
              'content-type': 'application/json',
              'user-agent': 'levautofix-watcher',
              ...signRelay(id, body, secret, now()),
            },
          })
          // An axios error carries the request with its body and headers, so it goes no further than here.
          .catch((error: unknown) => {
            throw unreachable(fixerUrl, error);
          })
      );
    },
  };
}

/** Loaded with the first report: a box without errors is spared a quarter of the watcher's memory. */
async function createClient(timeoutMs: number): Promise<AxiosInstance> {
  const { default: axios } = await import('axios');
  return axios.create({
    timeout: timeoutMs,
    // A redirect would carry the reports to a place that nobody configured.
    maxRedirects: 0,
    maxContentLength: 1024 * 1024,
    validateStatus: () => true,
    responseType: 'json',
  });
}

function unreachable(fixerUrl: string, error: unknown): Fault {
  const { code, message } = error as { code?: string; message?: string };
  return new Fault({
    code: 'fixer_unreachable',
    message: `The fixer at ${withoutCredentials(fixerUrl)} cannot be reached (${code ?? message ?? 'unknown'}).`,
    remedy: 'Start the fixer or check FIXER_URL; the reports wait in the spool.',
    isRetryable: true,
  });
}

function statusFault(status: number, data: unknown, retryAfter: string, now: number): Fault {
  const detail = describeAnswer(data);
  if (refusals.has(status))
    return new Fault({
      code: 'report_refused',
      message: `The fixer refused a report (${status}${detail}).`,
      remedy: 'See the dead-letter file in STATE_DIR and compare the versions of watcher and fixer.',
    });
  const seconds = Number(retryAfter);
  return new Fault({
    code: status === 401 || status === 403 ? 'signature_refused' : 'fixer_failed',
    message: `The fixer answered ${status}${detail}.`,
    remedy:
      status === 401 || status === 403
        ? 'Set the same RELAY_SECRET on both sides and check the clocks of both machines; the reports wait in the spool.'
        : 'Look at the log of the fixer; the reports wait in the spool.',
    isRetryable: true,
    ...(retryAfter !== '' && Number.isFinite(seconds) && { retryAt: now + seconds * 1000 }),
  });
}

function describeAnswer(data: unknown): string {
  if (typeof data !== 'object' || data === null) return '';
  const { error, message } = data as { error?: unknown; message?: unknown };
  const text = [message, error].find((value) => typeof value === 'string') ?? '';
  return text === '' ? '' : `: ${text.slice(0, 300)}`;
}
