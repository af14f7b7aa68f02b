// The command line and environment of Claude Code: headless, confined to the worktree, file tools only, nothing of the host's.
import { repairAnswerJsonSchema } from '@levautofix/contract/repair-answer';

export interface SessionChoice {
  id: string;
  isContinued: boolean;
}

export interface ArgumentOptions {
  session: SessionChoice;
  maxUsd: number | null;
  model: string | undefined;
  /** With the login of the person instead of a key: the bare mode never reads a login. */
  isLoggedIn: boolean;
}

/** The prompt itself goes in on standard input: an argument would show in the process list and has a size limit. */
export function claudeArguments({ session, maxUsd, model, isLoggedIn }: ArgumentOptions): string[] {
  return [
    '-p',
    ...['--output-format', 'stream-json', '--verbose', '--include-partial-messages'],
    // Neither the repository's hooks, instructions and servers nor the person's own take part in a repair.
    isLoggedIn ? '--safe-mode' : '--bare',
    '--restricted',
    '--strict-mcp-config',
    '--disable-slash-commands',
    ...['--permission-prompts', 'none', '--permission-mode', 'acceptEdits'],
    ...['--tools', 'Read,Edit,Write,Glob,Grep'],
    ...['--json-schema', JSON.stringify(repairAnswerJsonSchema)],
    ...[session.isContinued ? '--resume' : '--session-id', session.id],
    ...(maxUsd === null ? [] : ['--max-budget-usd', String(maxUsd)]),
    ...(model === undefined ? [] : ['--model', model]),
  ];
}

export interface EnvironmentOptions {
  path: string;
  home: string;
  apiKey: string | undefined;
  baseUrl: string | undefined;
  /** The host's environment, of which only what a proxy needs is taken, and only outside a sandbox. */
  proxyEnv: Readonly<Record<string, string | undefined>>;
}

const proxyNames = [
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
  'https_proxy',
  'http_proxy',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
];

export function claudeEnvironment({
  path,
  home,
  apiKey,
  baseUrl,
  proxyEnv,
}: EnvironmentOptions): Record<string, string> {
  const wanted: Record<string, string | undefined> = {
    PATH: path,
    HOME: home,
    LANG: 'C.UTF-8',
    ANTHROPIC_API_KEY: apiKey,
    ANTHROPIC_BASE_URL: baseUrl,
    // A refused key is otherwise tried again for minutes; waiting is the queue's work.
    CLAUDE_CODE_MAX_RETRIES: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    ...Object.fromEntries(proxyNames.map((name) => [name, proxyEnv[name]])),
  };
  return Object.fromEntries(
    Object.entries(wanted).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
