// Reads a log with the watcher's own eyes, so that an error has the same fingerprint here as on the production box.
import { scanLog } from '@levautofix/watcher/scan-log';
import type { LogScanner } from '../../ports/log-scanner.js';

export function createLogScanner(): LogScanner {
  return {
    scan: (log) =>
      scanLog(log).map(({ error, fingerprint, request, context, startLine, endLine }) => ({
        ...error,
        fingerprint,
        request,
        context,
        startLine,
        endLine,
      })),
  };
}
