// GitHub's REST API on loopback over real bare repositories. Every request and answer is held against GitHub's own description.
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { sampleOf, type JsonSchema } from './schema-sample.js';

export interface GitHubDouble {
  /** For GITHUB_API_URL. */
  readonly url: string;
  readonly requests: { operation: string; isAuthorized: boolean }[];
  /** What did not agree with the description, sent or answered; a test expects none. */
  readonly violations: string[];
  readonly pulls: PullRequest[];
  /** Taken by the next request, or the next one of `operation`; each once. */
  readonly faults: GitHubFault[];
  /** What the repository allows; the result here is a merge commit all the same. */
  mergeMethods: string[];
  /** What a person does on the website. */
  merge(number: number): void;
  closePull(number: number): void;
  /** `association` is what GitHub says of the writer, such as OWNER or NONE. */
  comment(number: number, text: string, by?: string, association?: string): void;
  review(number: number, text: string, state?: string, by?: string): void;
  reviewComment(number: number, path: string, line: number, text: string, by?: string): void;
  close(): Promise<void>;
}

export interface GitHubFault {
  /** `lost` does the work and then drops the connection; `rate_limit` is a 403 with retry-after. */
  kind: 'unauthorized' | 'forbidden' | 'rate_limit' | 'server_error' | 'drop' | 'lost' | 'hide_pulls';
  /** Such as `pulls/create`. */
  operation?: string;
  retryAfterSeconds?: number;
}

export interface PullRequest {
  number: number;
  repository: string;
  title: string;
  body: string;
  head: string;
  base: string;
  state: 'open' | 'closed';
  mergedCommit: string | null;
  /** What GitHub says of conflicts, checks and reviews; `clean` when nothing stands against merging. */
  mergeableState: string;
  createdAt: string;
  comments: { text: string; by: string; association?: string }[];
  reviews: { text: string; by: string; state: string }[];
  reviewComments: { path: string; line: number; text: string; by: string }[];
}

export interface GitHubDoubleOptions {
  token: string;
  /** `owner/name` -> folder of its bare repository. */
  repositories: Record<string, string>;
}

interface Operation {
  method: string;
  path: string;
  parameters: { name: string; in: string; required: boolean; schema: JsonSchema }[];
  body?: JsonSchema;
  responses: Record<string, JsonSchema>;
}
interface Description {
  operations: Record<string, Operation>;
  components: { schemas: Record<string, JsonSchema> };
}
interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

const description = JSON.parse(
  readFileSync(join(import.meta.dirname, 'github-description.json'), 'utf8'),
) as Description;
const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: false });
(formats as unknown as (target: Ajv) => void)(ajv);
// GitHub's own format for owner/name.
ajv.addFormat('repo.nwo', /^[\w.-]+\/[\w.-]+$/);
ajv.addSchema(description, 'github');

export async function startGitHub({ token, repositories }: GitHubDoubleOptions): Promise<GitHubDouble> {
  const pulls: PullRequest[] = [];
  const requests: GitHubDouble['requests'] = [];
  const violations: string[] = [];
  const faults: GitHubFault[] = [];

  const git = (repository: string, ...args: string[]): string =>
    execFileSync('git', ['-C', repositories[repository] ?? '', ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
  const commitOf = (repository: string, branch: string): string | null => {
    try {
      return git(repository, 'rev-parse', '--verify', '--quiet', `refs/heads/${branch}^{commit}`);
    } catch {
      return null;
    }
  };
  const at = (number: number): PullRequest => {
    const pull = pulls.find((candidate) => candidate.number === number);
    if (pull === undefined) throw new Error(`there is no pull request ${number}`);
    return pull;
  };

  function render(pull: PullRequest): Record<string, unknown> {
    const html = `${double.url.replace('/api', '')}/${pull.repository}/pull/${pull.number}`;
    const side = (branch: string): object => ({
      label: `${pull.repository.split('/')[0]}:${branch}`,
      ref: branch,
      sha: commitOf(pull.repository, branch) ?? pull.mergedCommit ?? '0'.repeat(40),
    });
    return {
      number: pull.number,
      id: pull.number,
      title: pull.title,
      body: pull.body,
      state: pull.state,
      merged: pull.mergedCommit !== null,
      merged_at: pull.mergedCommit === null ? null : pull.createdAt,
      merge_commit_sha: pull.mergedCommit,
      mergeable_state: pull.mergeableState,
      draft: false,
      closed_at: pull.state === 'closed' ? pull.createdAt : null,
      created_at: pull.createdAt,
      updated_at: pull.createdAt,
      html_url: html,
      head: side(pull.head),
      base: side(pull.base),
    };
  }

  function create(repository: string, body: Record<string, unknown>): Answer {
    const head = String(body['head']).replace(/^[^:]*:/, '');
    const base = String(body['base']);
    const [headCommit, baseCommit] = [commitOf(repository, head), commitOf(repository, base)];
    if (headCommit === null) return invalid({ field: 'head', code: 'invalid' });
    if (baseCommit === null) return invalid({ field: 'base', code: 'invalid' });
    if (pulls.some((pull) => pull.head === head && pull.repository === repository && pull.state === 'open')) {
      const owner = repository.split('/')[0];
      return invalid({ code: 'custom', message: `A pull request already exists for ${owner}:${head}.` });
    }
    if (git(repository, 'rev-list', '--count', `${baseCommit}..${headCommit}`) === '0') {
      return invalid({ code: 'custom', message: `No commits between ${base} and ${head}` });
    }
    const pull: PullRequest = {
      number: pulls.length + 1,
      repository,
      title: String(body['title']),
      body: typeof body['body'] === 'string' ? body['body'] : '',
      head,
      base,
      state: 'open',
      mergedCommit: null,
      mergeableState: 'clean',
      createdAt: new Date(Date.UTC(2026, 0, 1, 0, 0, pulls.length)).toISOString(),
      comments: [],
      reviews: [],
      reviewComments: [],
    };
    pulls.push(pull);
    return { status: 201, body: render(pull) };
  }

  function list(repository: string, query: URLSearchParams): Answer {
    const state = query.get('state') ?? 'open';
    const head = query.get('head')?.replace(/^[^:]*:/, '');
    const found = pulls
      .filter((pull) => pull.repository === repository && (state === 'all' || pull.state === state))
      .filter((pull) => head === undefined || pull.head === head)
      .reverse();
    return { status: 200, body: found.slice(0, Number(query.get('per_page') ?? 30)).map(render) };
  }

  function answer(
    operation: string,
    path: Record<string, string>,
    query: URLSearchParams,
    body: Record<string, unknown>,
  ): Answer {
    const repository = `${path['owner']}/${path['repo']}`;
    if (repositories[repository] === undefined) return failure(404, 'Not Found');
    if (operation === 'pulls/list') return list(repository, query);
    if (operation === 'pulls/create') return create(repository, body);
    if (operation === 'git/get-ref') {
      const name = (path['ref'] ?? '').replace(/^heads\//, '');
      const sha = commitOf(repository, name);
      return sha === null
        ? failure(404, 'Not Found')
        : { status: 200, body: { ref: `refs/heads/${name}`, object: { type: 'commit', sha } } };
    }
    const number = Number(path['pull_number'] ?? path['issue_number']);
    const pull = pulls.find((candidate) => candidate.number === number && candidate.repository === repository);
    if (pull === undefined) return failure(404, 'Not Found');
    const user = (login: string): object => ({ user: { login } });
    const created = { created_at: pull.createdAt, updated_at: pull.createdAt };
    switch (operation) {
      case 'pulls/update':
        Object.assign(
          pull,
          Object.fromEntries(Object.entries(body).filter(([key]) => ['title', 'body', 'state'].includes(key))),
        );
        return { status: 200, body: render(pull) };
      case 'pulls/merge': {
        if (body['sha'] !== commitOf(repository, pull.head)) return failure(409, 'Head branch was modified.');
        const isAllowed = double.mergeMethods.includes(String(body['merge_method']));
        if (pull.state !== 'open' || pull.mergeableState !== 'clean' || !isAllowed)
          return failure(405, 'Pull Request is not mergeable');
        double.merge(number);
        return { status: 200, body: { sha: pull.mergedCommit, merged: true, message: 'Merged' } };
      }
      case 'issues/create-comment':
        pull.comments.push({ text: String(body['body']), by: 'levautofix' });
        return {
          status: 201,
          body: { id: pull.comments.length, body: body['body'], ...user('levautofix'), ...created },
        };
      case 'issues/list-comments':
        return {
          status: 200,
          body: pageOf(pull.comments, query).map((one) => ({
            id: pull.comments.indexOf(one) + 1,
            body: one.text,
            author_association: one.association ?? 'OWNER',
            ...user(one.by),
            ...created,
          })),
        };
      case 'pulls/list-reviews':
        return {
          status: 200,
          body: pull.reviews.map((one, id) => ({
            id: id + 1,
            body: one.text,
            state: one.state,
            submitted_at: pull.createdAt,
            ...user(one.by),
          })),
        };
      case 'pulls/list-review-comments':
        return {
          status: 200,
          body: pull.reviewComments.map((one, id) => ({
            id: id + 1,
            body: one.text,
            path: one.path,
            line: one.line,
            ...user(one.by),
            ...created,
          })),
        };
      case 'pulls/list-commits': {
        const range = `refs/heads/${pull.base}..refs/heads/${pull.head}`;
        const rows = git(repository, 'log', '--reverse', '--format=%H%x09%ae%x09%an%x09%cI', range)
          .split('\n')
          .filter(Boolean);
        return {
          status: 200,
          body: rows.map((row) => {
            const [sha, email, name, date] = row.split('\t');
            return { sha, commit: { author: { name, email, date }, committer: { name, email, date } } };
          }),
        };
      }
      default:
        return { status: 200, body: render(pull) };
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', double.url);
    const match = matchOperation(request.method ?? '', url.pathname.replace(/^\/api/, ''));
    const isAuthorized = [`token ${token}`, `Bearer ${token}`].includes(request.headers.authorization ?? '');
    requests.push({ operation: match?.name ?? `${request.method} ${url.pathname}`, isAuthorized });
    const fault = takeFault(match?.name);
    if (fault?.kind === 'drop') return void request.socket.destroy();
    const text = await readBody(request);
    let result: Answer;
    if (fault !== undefined && fault.kind !== 'lost' && fault.kind !== 'hide_pulls') result = faultAnswer(fault);
    else if (!isAuthorized) result = failure(401, 'Bad credentials');
    else if (match === null) result = failure(404, 'Not Found');
    else {
      const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
      const wrong = checkRequest(match.name, url.searchParams, text === '' ? undefined : body);
      violations.push(...wrong);
      result =
        wrong.length > 0
          ? invalid({ code: 'custom', message: wrong.join('; ') })
          : answer(match.name, match.path, url.searchParams, body);
      if (fault?.kind === 'hide_pulls') result = { status: 200, body: [] };
      result = complete(match.name, result);
    }
    if (fault?.kind === 'lost') return void request.socket.destroy();
    const headers = { 'content-type': 'application/json; charset=utf-8', ...result.headers };
    response.writeHead(result.status, headers).end(JSON.stringify(result.body));
  }

  /** Fills in what the description requires and the double does not care about, then checks the whole. */
  function complete(operation: string, result: Answer): Answer {
    const schema = description.operations[operation]?.responses[String(result.status)];
    if (schema === undefined) return result;
    const body = sampleOf(schema, description.components.schemas, result.body);
    violations.push(
      ...checkBody(`${operation} answer ${result.status}`, ['responses', String(result.status)], operation, body),
    );
    return { ...result, body };
  }

  function takeFault(operation: string | undefined): GitHubFault | undefined {
    const index = faults.findIndex((fault) => fault.operation === undefined || fault.operation === operation);
    return index < 0 ? undefined : faults.splice(index, 1)[0];
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      violations.push(String(error));
      response.writeHead(500).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const double: GitHubDouble = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    requests,
    violations,
    pulls,
    faults,
    mergeMethods: ['merge', 'squash', 'rebase'],
    merge(number) {
      const pull = at(number);
      const head = commitOf(pull.repository, pull.head);
      if (head === null) throw new Error('the branch is gone');
      const tree = git(pull.repository, 'rev-parse', `${head}^{tree}`);
      const parents = ['-p', `refs/heads/${pull.base}`, '-p', head];
      const identity = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.test'];
      pull.mergedCommit = git(
        pull.repository,
        ...identity,
        'commit-tree',
        tree,
        ...parents,
        '-m',
        `Merge pull request #${number}`,
      );
      git(pull.repository, 'update-ref', `refs/heads/${pull.base}`, pull.mergedCommit);
      pull.state = 'closed';
    },
    closePull(number) {
      at(number).state = 'closed';
    },
    comment(number, text, by = 'ann', association = 'COLLABORATOR') {
      at(number).comments.push({ text, by, association });
    },
    review(number, text, state = 'CHANGES_REQUESTED', by = 'ann') {
      at(number).reviews.push({ text, state, by });
    },
    reviewComment(number, path, line, text, by = 'ann') {
      at(number).reviewComments.push({ path, line, text, by });
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return double;
}

function pageOf<T>(items: readonly T[], query: URLSearchParams): T[] {
  const size = Number(query.get('per_page') ?? 30);
  const start = (Number(query.get('page') ?? 1) - 1) * size;
  return items.slice(start, start + size);
}

function matchOperation(method: string, pathname: string): { name: string; path: Record<string, string> } | null {
  for (const [name, operation] of Object.entries(description.operations)) {
    if (operation.method !== method) continue;
    // A ref holds slashes of its own.
    const pattern = operation.path.replace(
      /\{(\w+)\}/g,
      (_all, part: string) => `(?<${part}>${part === 'ref' ? '.+' : '[^/]+'})`,
    );
    const found = new RegExp(`^${pattern}$`).exec(pathname);
    if (found === null) continue;
    const path = Object.fromEntries(
      Object.entries(found.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)]),
    );
    return { name, path };
  }
  return null;
}

function checkRequest(name: string, query: URLSearchParams, body: unknown): string[] {
  const operation = description.operations[name];
  if (operation === undefined) return [];
  const known = operation.parameters.filter((parameter) => parameter.in === 'query');
  const wrong = [...query].flatMap(([key, value]) => {
    const schema = known.find((parameter) => parameter.name === key)?.schema;
    if (schema === undefined) return [`${name}: unknown query parameter ${key}`];
    const validate = ajv.compile(schema as object);
    return validate(schema.type === 'integer' ? Number(value) : value) ? [] : [`${name}: ${key}=${value}`];
  });
  if (operation.body !== undefined) wrong.push(...checkBody(`${name} request`, ['body'], name, body));
  return wrong;
}

function checkBody(what: string, part: string[], operation: string, body: unknown): string[] {
  const pointer = ['operations', operation, ...part]
    .map((step) => encodeURIComponent(step.replaceAll('/', '~1')))
    .join('/');
  const validate = ajv.getSchema(`github#/${pointer}`) as ValidateFunction | undefined;
  if (validate === undefined) return [`${what}: not described`];
  return validate(body) ? [] : [`${what}: ${ajv.errorsText(validate.errors)}`];
}

const documentation = 'https://docs.github.com/rest';

function failure(status: number, message: string): Answer {
  return { status, body: { message, documentation_url: documentation, status: String(status) } };
}

function invalid(error: { code: string; field?: string; message?: string }): Answer {
  const errors = [{ resource: 'PullRequest', ...error }];
  return { status: 422, body: { message: 'Validation Failed', errors, documentation_url: documentation } };
}

function faultAnswer(fault: GitHubFault): Answer {
  if (fault.kind === 'unauthorized') return failure(401, 'Bad credentials');
  if (fault.kind === 'server_error') return failure(502, 'Server Error');
  if (fault.kind === 'forbidden') return failure(403, 'Resource not accessible by personal access token');
  return {
    ...failure(403, 'You have exceeded a secondary rate limit.'),
    headers: { 'retry-after': String(fault.retryAfterSeconds ?? 60) },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
