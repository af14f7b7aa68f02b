// A watcher in pull mode, asked over HTTP: one signed GET for each page.
import { randomUUID } from 'node:crypto';
import { incidentReportSchema } from '@levautofix/contract/incident-report';
import { Fault } from '@levautofix/service-kit/fault';
import { signRelay } from '@levautofix/service-kit/relay-signature';
import axios, { type AxiosResponse } from 'axios';
import { z } from 'zod';
import type { ReportPage, ReportSource } from '../../ports/report-source.js';

export interface WatcherSourceOptions {
  /** Address of the watcher, without a slash at the end. */
  url: string;
  secret: string;
  now: () => number;
  timeoutMs?: number;
}

const pageSchema = z.object({ reports: z.array(z.unknown()), next: z.string().min(1).max(200) });
const namedSchema = z.object({ id: z.string().max(200) });

export function createWatcherSource({ url, secret, now, timeoutMs = 15_000 }: WatcherSourceOptions): ReportSource {
  const http = axios.create({
    timeout: timeoutMs,
    // A redirect would show the signature to a place that nobody configured.
    maxRedirects: 0,
    maxContentLength: 16 * 1024 * 1024,
    validateStatus: () => true,
    responseType: 'json',
  });
  const { host, pathname } = new URL(url);
  const name = (host + pathname).replace(/\/+$/, '');
  return {
    name,
    async read(cursor, signal) {
      const path = `/v1/reports?after=${encodeURIComponent(cursor ?? '')}`;
      const headers = { 'user-agent': 'levautofix-fixer', ...signRelay(randomUUID(), path, secret, now()) };
      const response = await http.get<unknown>(url + path, { headers, signal }).catch((error: unknown) => {
        // An axios error carries the request with its headers, so it goes no further than here.
        throw unreachable(name, error);
      });
      if (response.status !== 200) throw statusFault(name, response);
      return readPage(name, response.data);
    },
  };
}

/** One bad report costs only itself. */
function readPage(name: string, data: unknown): ReportPage {
  const page = pageSchema.safeParse(data);
  if (!page.success)
    throw fault('watcher_answer_unknown', `${name} answered, but not as a watcher does.`, 'Check WATCHER_URLS.');
  const { next, reports: items } = page.data;
  const result: ReportPage = { reports: [], unusable: [], next };
  for (const item of items) {
    const report = incidentReportSchema.safeParse(item);
    if (report.success) result.reports.push(report.data);
    else {
      const id = namedSchema.safeParse(item).data?.id ?? '(no id)';
      result.unusable.push({ id, reason: z.prettifyError(report.error).slice(0, 500) });
    }
  }
  return result;
}

function unreachable(name: string, error: unknown): Fault {
  const { code, message } = error as { code?: string; message?: string };
  return fault(
    'watcher_unreachable',
    `The watcher at ${name} cannot be reached (${code ?? message ?? 'unknown'}).`,
    'Start the watcher or check WATCHER_URLS; its reports wait there.',
  );
}

function statusFault(name: string, { status, data }: AxiosResponse<unknown>): Fault {
  const { error } = (data ?? {}) as { error?: unknown };
  if (status === 401)
    return fault(
      'pull_refused',
      `The watcher at ${name} does not accept the signature (${String(error)}).`,
      'Set the same RELAY_SECRET on both sides and check the clocks of both machines.',
    );
  if (status === 404)
    return fault(
      'pull_unavailable',
      `The watcher at ${name} serves no reports.`,
      'Start it with RELAY_MODE=pull, or take it out of WATCHER_URLS.',
    );
  return fault('watcher_failed', `The watcher at ${name} answered ${status}.`, 'Look at the log of the watcher.');
}

/** All of them may pass, and the reports wait at the watcher. */
function fault(code: string, message: string, remedy: string): Fault {
  return new Fault({ code, message, remedy, isRetryable: true });
}
