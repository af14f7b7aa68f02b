// Which requests may leave the sandbox: model calls alone, and none by which the provider would reach out on the caller's behalf.

/** The part of the address after the upstream's own base path; a `/v1` may belong to either. */
const modelPath = /^(?:\/v1)?\/(?:messages|messages\/count_tokens|responses|chat\/completions|models(?:\/[\w.:-]+)?)$/;
/** Tools that run at the provider: each is a way to the network around the sandbox, or spends what is not counted. */
const providerTool = /^(?:web_|code_execution|code_interpreter|mcp|file_search|image_generation|url_context|browser)/;
const maxDepth = 12;

/** Null when the request line may pass, else why not. A bare `HEAD /` asks only whether someone is there. */
export function refuseRequestLine(method: string, path: string): string | null {
  if (method === 'HEAD' && path === '/') return null;
  if (!modelPath.test(path)) return `The gateway leads to model calls only, not to ${path.slice(0, 100)}.`;
  const isModels = path.includes('/models');
  if (method === (isModels ? 'GET' : 'POST')) return null;
  return `The gateway does not pass ${method.slice(0, 20)} on.`;
}

/** Null when the body may pass, else why not. */
export function refuseBody(body: unknown): string | null {
  if (!isObject(body)) return 'The gateway passes JSON objects only.';
  const { tools, mcp_servers: servers, background } = body;
  if (background === true) return 'The gateway does not start work in the background.';
  if (Array.isArray(servers) && servers.length > 0) return 'The gateway does not let the provider connect to servers.';
  if (body.web_search_options !== undefined) return 'The gateway does not pass the tool "web_search" on.';
  for (const tool of Array.isArray(tools) ? tools : []) {
    const type = isObject(tool) ? tool.type : undefined;
    if (typeof type === 'string' && providerTool.test(type)) {
      return `The gateway does not pass the tool "${type.slice(0, 60)}" on.`;
    }
  }
  return hasRemoteSource(body, 0) ? 'The gateway does not let the provider fetch addresses.' : null;
}

/** Images and documents may be given by address, which the provider would then fetch. */
function hasRemoteSource(value: unknown, depth: number): boolean {
  if (depth > maxDepth) return false;
  if (Array.isArray(value)) return value.some((item) => hasRemoteSource(item, depth + 1));
  if (!isObject(value)) return false;
  if (value.type === 'url' && typeof value.url === 'string') return true;
  if (isAddress(value.file_url) || isAddress(value.image_url)) return true;
  if (isObject(value.image_url) && isAddress(value.image_url.url)) return true;
  // What a tool was called with and how tools are described is data for the model, never fetched.
  const isData = (key: string) =>
    key === 'input_schema' || key === 'parameters' || (key === 'input' && value.type === 'tool_use');
  return Object.entries(value).some(([key, item]) => !isData(key) && hasRemoteSource(item, depth + 1));
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && !/^data:/i.test(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
