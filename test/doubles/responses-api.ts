// A double of the OpenAI Responses API on loopback: each request gets the next turn of a script, streamed like the real one.
import type { ServerResponse } from 'node:http';
import { type Dialect, type ModelApi, openEventStream, startModelApi, type Turn } from './model-api.js';

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

export interface ResponsesUsage {
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
}

interface Whole {
  output: OutputItem[];
}

interface Refused {
  fault: 400 | 401 | 429 | 503;
  message?: string;
  code?: string;
  /** When a usage limit opens again, in seconds since the epoch. */
  resetsAt?: number;
}

export type ResponsesTurn = Turn<Whole, Refused, ResponsesUsage>;
export type ResponsesApi = ModelApi<ResponsesRequest, Whole, Refused, ResponsesUsage>;

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
export function startResponsesApi(
  script: ResponsesTurn[] = [],
  whenUsedUp: ResponsesTurn = { output: [message('Nothing more to do.')] },
): Promise<ResponsesApi> {
  return startModelApi(dialect, script, whenUsedUp);
}

const codes = { 400: 'invalid_request_error', 401: 'invalid_api_key', 429: 'rate_limit_exceeded', 503: 'server_error' };

const dialect: Dialect<ResponsesRequest, Whole, Refused, ResponsesUsage> = {
  path: '/v1/responses',
  usage: { input_tokens: 1_000, cached_tokens: 0, output_tokens: 100 },
  answer,
  beginning: () => [{ type: 'response.created', response: { id: makeId('resp') } }],
  errorBody(turn) {
    const code = turn.code ?? codes[turn.fault];
    const message = turn.message ?? code.replaceAll('_', ' ');
    const limit = turn.resetsAt === undefined ? {} : { plan_type: 'plus', resets_at: turn.resetsAt };
    return { error: { type: code, code, message, param: null, ...limit } };
  },
};

let ids = 0;
const makeId = (prefix: string) => `${prefix}_${String(++ids).padStart(6, '0')}`;

function answer(turn: Whole, usage: ResponsesUsage, request: ResponsesRequest, response: ServerResponse): void {
  const { input_tokens, cached_tokens, output_tokens } = usage;
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
