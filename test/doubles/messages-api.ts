// A double of the Anthropic Messages API on loopback: each request gets the next turn of a script, streamed like the real one.
import type { ServerResponse } from 'node:http';
import { type ModelApiServer, openEventStream, sendJson, startModelApi } from './sse-server.js';

export type ContentBlock =
  { type: 'text'; text: string } | { type: 'tool_use'; id: string; name: string; input: Record<string, unknown> };

export interface MessagesRequest {
  model: string;
  stream?: boolean;
  system?: unknown;
  messages: { role: string; content: string | Record<string, unknown>[] }[];
  tools?: { name: string }[];
}

export type MessagesTurn =
  | { content: ContentBlock[]; stopReason?: string; usage?: Partial<MessagesUsage> }
  | { fault: 400 | 401 | 429 | 529; message?: string; headers?: Record<string, string> }
  /** The stream breaks off in the middle of the first block. */
  | { fault: 'cut' }
  /** No answer at all until the client goes away. */
  | { fault: 'hang' };

export interface MessagesUsage {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
}

export interface MessagesApi extends ModelApiServer<MessagesRequest> {
  /** Adds turns to the script. */
  play(...turns: MessagesTurn[]): void;
  /** Turns that no request has taken yet. */
  readonly remaining: number;
  /** What was charged for each whole answer, in order. */
  readonly served: readonly MessagesUsage[];
}

export const say = (text: string): ContentBlock => ({ type: 'text', text });

const defaultUsage: MessagesUsage = {
  input_tokens: 1_000,
  output_tokens: 100,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
};

let toolUses = 0;
export const use = (name: string, input: Record<string, unknown>): ContentBlock => {
  toolUses += 1;
  return { type: 'tool_use', id: `toolu_${String(toolUses).padStart(6, '0')}`, name, input };
};

/** The turn that ends a run which was given a JSON Schema. */
export const structured = (answer: Record<string, unknown>): MessagesTurn => ({
  content: [use('StructuredOutput', answer)],
});

/** A request beyond the end of the script is answered with `whenUsedUp`, by default an end of turn. */
export async function startMessagesApi(
  script: MessagesTurn[] = [],
  whenUsedUp: MessagesTurn = { content: [say('Nothing more to do.')] },
): Promise<MessagesApi> {
  const turns = [...script];
  const served: MessagesUsage[] = [];
  const server = await startModelApi<MessagesRequest>('/v1/messages', (request, response) => {
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

const errorTypes = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

function answer(turn: MessagesTurn, request: MessagesRequest, response: ServerResponse): void {
  if (!('fault' in turn)) return stream(turn, request, response);
  if (turn.fault === 'hang') return;
  if (turn.fault === 'cut') {
    const send = openEventStream(response);
    send(messageStart(request.model, {}));
    send({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
    setImmediate(() => response.destroy());
    return;
  }
  const type = errorTypes[turn.fault];
  const body = { type: 'error', error: { type, message: turn.message ?? type.replaceAll('_', ' ') } };
  sendJson(response, turn.fault, body, turn.headers);
}

function stream(
  turn: Extract<MessagesTurn, { content: unknown }>,
  request: MessagesRequest,
  response: ServerResponse,
): void {
  const stop = turn.stopReason ?? (turn.content.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn');
  if (!request.stream) {
    const start = messageStart(request.model, turn.usage).message;
    return sendJson(response, 200, { ...start, content: turn.content, stop_reason: stop });
  }
  const send = openEventStream(response);
  const start = messageStart(request.model, turn.usage);
  send(start);
  for (const [index, block] of turn.content.entries()) {
    const isText = block.type === 'text';
    send({
      type: 'content_block_start',
      index,
      content_block: isText ? { type: 'text', text: '' } : { ...block, input: {} },
    });
    send({
      type: 'content_block_delta',
      index,
      delta: isText
        ? { type: 'text_delta', text: block.text }
        : { type: 'input_json_delta', partial_json: JSON.stringify(block.input) },
    });
    send({ type: 'content_block_stop', index });
  }
  send({
    type: 'message_delta',
    delta: { stop_reason: stop, stop_sequence: null },
    usage: { output_tokens: start.message.usage.output_tokens },
  });
  send({ type: 'message_stop' });
  response.end();
}

let messages = 0;
function messageStart(model: string, usage: Partial<MessagesUsage> = {}) {
  messages += 1;
  return {
    type: 'message_start',
    message: {
      id: `msg_${String(messages).padStart(6, '0')}`,
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...defaultUsage, ...usage },
    },
  };
}
