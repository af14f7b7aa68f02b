// A double of the Anthropic Messages API on loopback: each request gets the next turn of a script, streamed like the real one.
import type { ServerResponse } from 'node:http';
import { type Dialect, type ModelApi, openEventStream, sendJson, startModelApi, type Turn } from './model-api.js';

export type ContentBlock =
  { type: 'text'; text: string } | { type: 'tool_use'; id: string; name: string; input: Record<string, unknown> };

export interface MessagesRequest {
  model: string;
  stream?: boolean;
  system?: unknown;
  messages: { role: string; content: string | Record<string, unknown>[] }[];
  tools?: { name: string }[];
}

export interface MessagesUsage {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
}

interface Whole {
  content: ContentBlock[];
  stopReason?: string;
}

interface Refused {
  fault: 400 | 401 | 429 | 529;
  message?: string;
}

export type MessagesTurn = Turn<Whole, Refused, MessagesUsage>;
export type MessagesApi = ModelApi<MessagesRequest, Whole, Refused, MessagesUsage>;

export const say = (text: string): ContentBlock => ({ type: 'text', text });

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
export function startMessagesApi(
  script: MessagesTurn[] = [],
  whenUsedUp: MessagesTurn = { content: [say('Nothing more to do.')] },
): Promise<MessagesApi> {
  return startModelApi(dialect, script, whenUsedUp);
}

const errorTypes = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

const dialect: Dialect<MessagesRequest, Whole, Refused, MessagesUsage> = {
  path: '/v1/messages',
  usage: { input_tokens: 1_000, output_tokens: 100, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
  answer,
  beginning: ({ model }) => [
    { type: 'message_start', message: newMessage(model, dialect.usage) },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  ],
  errorBody({ fault, message }) {
    const type = errorTypes[fault];
    return { type: 'error', error: { type, message: message ?? type.replaceAll('_', ' ') } };
  },
};

function answer(turn: Whole, usage: MessagesUsage, request: MessagesRequest, response: ServerResponse): void {
  const stop = turn.stopReason ?? (turn.content.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn');
  const message = newMessage(request.model, usage);
  if (!request.stream) return sendJson(response, 200, { ...message, content: turn.content, stop_reason: stop });
  const send = openEventStream(response);
  send({ type: 'message_start', message });
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
    usage: { output_tokens: usage.output_tokens },
  });
  send({ type: 'message_stop' });
  response.end();
}

let messages = 0;
function newMessage(model: string, usage: MessagesUsage) {
  messages += 1;
  return {
    id: `msg_${String(messages).padStart(6, '0')}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  };
}
