// An error event about which a log says nothing but the error, for tests.
import type { LoggedError } from '@levautofix/contract/incident-report';
import type { DetectedEvent } from './occurrence.js';

export function sampleEvent(error: Partial<LoggedError>, patch: Partial<DetectedEvent> = {}): DetectedEvent {
  return {
    error: { type: 'Error', message: 'boom', stack: [], ...error },
    loggedAt: null,
    level: 'error',
    request: null,
    traceId: null,
    context: [],
    startLine: 1,
    endLine: 1,
    ...patch,
  };
}
