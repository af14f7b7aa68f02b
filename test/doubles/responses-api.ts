// A double of the OpenAI Responses API on loopback: each request gets the next turn of a script, streamed like the real one.
import type { ServerResponse } from 'node:http';
import { type ModelApiServer, openEventStream, sendJson, startModelApi } from './sse-server.js';

export type OutputItem =
  { type: 'message'; text: string } | { type: 'function_call'; name: string; arguments: Record<string, unknown> };

export interface ResponsesRequest {
  model: string;
  stream?: boolean;
  instructions?: string;
  input: Record<string, unknown>[];
  tools?: { type: string; name?: string }[];
  text?: { format?: { type: string; schema?: unknown } };
}

export type ResponsesTurn =
  | { output: OutputItem[]; usage?: Partial<ResponsesUsage> }
  | {
      fault: 400 | 401 | 429 | 503;
      message?: string;
      code?: string;
      /** When a usage limit opens again, in seconds since the epoch. */
      resetsAt?: number;
      headers?: Record<string, string>;
    }
  /** The stream breaks off before the response is complete. */
  | { fault: 'cut' }
  /** No answer at all until the client goes away. */
  | { fault: 'hang' };

export interface ResponsesUsage {
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
}

export interface ResponsesApi extends ModelApiServer<ResponsesRequest> {
  play(...turns: ResponsesTurn[]): void;
  readonly remaining: number;
  /** What was charged for each whole answer, in order. */
  readonly served: readonly ResponsesUsage[];
}

export const message = (text: string): OutputItem => ({ type: 'message', text });
export const execute = (cmd: string): OutputItem => ({
  type: 'function_call',
  name: 'exec_command',
  arguments: { cmd },
});
/** Codex takes a command of this form as an edit of its own. */
export const applyPatch = (patch: string): OutputItem => execute(`apply_patch <<'EOF'\n${patch}\nEOF`);
/** The turn that ends a run which was given a JSON Schema. */
export const structured = (answer: Record<string, unknown>): ResponsesTurn => ({
  output: [message(JSON.stringify(answer))],
});

/** A request beyond the end of the script is answered with `whenUsedUp`. */
export async function startResponsesApi(
  script: ResponsesTurn[] = [],
  whenUsedUp: ResponsesTurn = { output: [message('Nothing more to do.')] },
): Promise<ResponsesApi> {
  const turns = [...script];
  const served: ResponsesUsage[] = [];
  const server = await startModelApi<ResponsesRequest>('/v1/responses', (request, response) => {
    const turn = turns.shift() ?? whenUsedUp;
    if (!('fault' in turn)) served.push({ ...defaultUsage, ...turn.usage });
    answer(turn, request.body, response);
  });
  return {
    ...server,
    served,
    play: (...more) => void turns.push(...more),
    get remaining() {
      return turns.length;
    },
  };
}

const defaultUsage: ResponsesUsage = { input_tokens: 1_000, cached_tokens: 0, output_tokens: 100 };
const codes = { 400: 'invalid_request_error', 401: 'invalid_api_key', 429: 'rate_limit_exceeded', 503: 'server_error' };

let ids = 0;
const makeId = (prefix: string) => `${prefix}_${String(++ids).padStart(6, '0')}`;

function answer(turn: ResponsesTurn, request: ResponsesRequest, response: ServerResponse): void {
  if ('fault' in turn) {
    if (turn.fault === 'hang') return;
    if (turn.fault === 'cut') {
      openEventStream(response)({ type: 'response.created', response: { id: makeId('resp') } });
      setImmediate(() => response.destroy());
      return;
    }
    const code = turn.code ?? codes[turn.fault];
    const message = turn.message ?? code.replaceAll('_', ' ');
    const limit = turn.resetsAt === undefined ? {} : { plan_type: 'plus', resets_at: turn.resetsAt };
    const error = { type: code, code, message, param: null, ...limit };
    return sendJson(response, turn.fault, { error }, turn.headers);
  }
  const { input_tokens, cached_tokens, output_tokens } = { ...defaultUsage, ...turn.usage };
  const completed = {
    id: makeId('resp'),
    object: 'response',
    status: 'completed',
    model: request.model,
    output: turn.output.map(toItem),
    usage: {
      input_tokens,
      input_tokens_details: { cached_tokens },
      output_tokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input_tokens + output_tokens,
    },
  };
  const send = openEventStream(response);
  send({ type: 'response.created', response: { ...completed, status: 'in_progress', output: [], usage: null } });
  for (const [output_index, item] of completed.output.entries()) {
    send({ type: 'response.output_item.added', output_index, item });
    send({ type: 'response.output_item.done', output_index, item });
  }
  send({ type: 'response.completed', response: completed });
  response.end();
}

function toItem(item: OutputItem): Record<string, unknown> {
  if (item.type === 'message') {
    const content = [{ type: 'output_text', text: item.text, annotations: [] }];
    return { type: 'message', id: makeId('msg'), role: 'assistant', status: 'completed', content };
  }
  return {
    type: 'function_call',
    id: makeId('fc'),
    call_id: makeId('call'),
    name: item.name,
    arguments: JSON.stringify(item.arguments),
    status: 'completed',
  };
}
