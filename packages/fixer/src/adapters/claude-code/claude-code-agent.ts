// The coding agent Claude Code: the real command line, headless, in the sandbox, with a home of its own for each job.
import { randomUUID } from 'node:crypto';
import { access, mkdir } from 'node:fs/promises';
import { platform } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { clip, plainLine } from '../../domain/plain-text.js';
import type { CodingAgent, RepairOutcome, RepairRequest } from '../../ports/coding-agent.js';
import type { ModelGateway } from '../../ports/model-gateway.js';
import type { ProcessOutcome, ProcessRunner, ProcessSpec } from '../../ports/process-runner.js';
import type { Sandbox } from '../../ports/sandbox.js';
import { claudeArguments, claudeEnvironment, type SessionChoice } from './claude-arguments.js';
import { ClaudeRun, type InputPrices } from './claude-run.js';
import { isSessionLost, judgeRun, missingFault } from './judge-run.js';

export interface ClaudeCodeOptions {
  command: string;
  apiKey: string | undefined;
  baseUrl: string | undefined;
  model?: string | undefined;
  /** Each job gets a home for its agent below this folder, so that a session can be continued and none sees another's. */
  homesFolder: string;
  /** The way to the model API out of a sandbox; the key is added on its far side. Null without a sandbox. */
  gateway: ModelGateway | null;
  hostEnv: Readonly<Record<string, string | undefined>>;
  runner: ProcessRunner;
  sandbox: Sandbox;
  /** Absolute path of a program, links resolved; null when it is not there. */
  findProgram: (command: string) => Promise<string | null>;
}

/** Where the gateway is inside the sandbox. */
const gatewayPort = 8787;
/** What a sandboxed agent holds instead of the key. */
const dummyKey = 'sk-ant-dummy-the-gateway-adds-the-key';

export class ClaudeCodeAgent implements CodingAgent {
  readonly rung = 'claude-code';
  readonly #options: ClaudeCodeOptions;
  readonly #prices: InputPrices = new Map();
  /** The program that answered once: it is asked for its version no second time. */
  #working: string | null = null;

  constructor(options: ClaudeCodeOptions) {
    this.#options = options;
  }

  async checkAvailable(): Promise<string | null> {
    const { command, runner, hostEnv, apiKey, gateway } = this.#options;
    const program = await this.#options.findProgram(command);
    if (!program) return `Claude Code is not installed (no "${command}"). Install it or set CLAUDE_COMMAND.`;
    if (program !== this.#working) {
      const env = { PATH: hostEnv.PATH ?? '/usr/bin:/bin', HOME: await this.#home('check'), DISABLE_AUTOUPDATER: '1' };
      const spec = { command: program, args: ['--version'], cwd: env.HOME, env, timeoutMs: 20_000 };
      const version = await runner.run(spec);
      if (version.exitCode !== 0)
        return `"${command} --version" does not work: ${clip(plainLine(version.spawnError ?? version.output), 200)}`;
      this.#working = program;
    }
    if (apiKey) return this.#isContained && !gateway ? 'The sandbox has no gateway to the model API.' : null;
    if (this.#isContained)
      return 'ANTHROPIC_API_KEY is not set. The login of a person is not taken into the sandbox; it works with SANDBOX=off alone.';
    return (await this.#hasLogin())
      ? null
      : 'Claude Code is not logged in: set ANTHROPIC_API_KEY, or run "claude" once and log in.';
  }

  async repair(request: RepairRequest, signal: AbortSignal): Promise<RepairOutcome> {
    const program = await this.#options.findProgram(this.#options.command);
    if (!program) throw missingFault(`there is no program "${this.#options.command}".`);
    const fresh = { id: randomUUID(), isContinued: false };
    const session = request.sessionId === null ? fresh : { id: request.sessionId, isContinued: true };
    let [run, ended] = await this.#run(program, request, session, signal);
    if (session.isContinued && isSessionLost(run, ended))
      [run, ended] = await this.#run(program, request, fresh, signal);
    if (ended.isCancelled) throw signal.reason;
    return judgeRun(run, ended);
  }

  async #run(
    program: string,
    request: RepairRequest,
    session: SessionChoice,
    signal: AbortSignal,
  ): Promise<[ClaudeRun, ProcessOutcome]> {
    const run = new ClaudeRun(this.#prices);
    run.sessionId = session.id;
    const gateway = await this.#options.gateway?.open(run, request);
    try {
      const spec = await this.#spec(program, request, session, gateway?.socketPath ?? null);
      const onLine = (line: string) => {
        for (const { name, input } of run.read(line)) {
          request.onProgress?.(describeUse(name, input, request.worktreePath));
        }
        request.onUsage?.(run.usage);
      };
      return [run, await this.#options.runner.run({ ...spec, onLine }, signal)];
    } finally {
      await gateway?.close();
    }
  }

  async #spec(
    program: string,
    request: RepairRequest,
    session: SessionChoice,
    socketPath: string | null,
  ): Promise<ProcessSpec> {
    const { apiKey, baseUrl, model, hostEnv, sandbox } = this.#options;
    const isLoggedIn = !apiKey && !this.#isContained;
    const home = isLoggedIn ? (hostEnv.HOME ?? '') : await this.#home(request.jobId);
    const way = this.#isContained
      ? { apiKey: dummyKey, baseUrl: `http://127.0.0.1:${gatewayPort}`, proxyEnv: {} }
      : { apiKey, baseUrl, proxyEnv: hostEnv };
    const token = isLoggedIn ? hostEnv.CLAUDE_CODE_OAUTH_TOKEN : undefined;
    const spec: ProcessSpec = {
      command: program,
      args: claudeArguments({ session, maxUsd: request.maxUsd, model, isLoggedIn }),
      cwd: request.worktreePath,
      env: {
        ...claudeEnvironment({ path: hostEnv.PATH ?? '/usr/bin:/bin', home, ...way }),
        ...(token === undefined ? {} : { CLAUDE_CODE_OAUTH_TOKEN: token }),
      },
      input: request.prompt,
      timeoutMs: request.timeoutMs,
    };
    return sandbox.enclose(spec, {
      ...request.modules,
      workspace: request.worktreePath,
      readable: [program],
      writable: [home],
      masked: [join(request.worktreePath, '.git')],
      network: socketPath === null ? 'none' : { socketPath, port: gatewayPort },
    });
  }

  get #isContained(): boolean {
    return this.#options.sandbox.kind !== 'none';
  }

  async #home(jobId: string): Promise<string> {
    const home = join(this.#options.homesFolder, basename(jobId), 'claude-code');
    await mkdir(home, { recursive: true, mode: 0o700 });
    return home;
  }

  /** macOS keeps the login in its keychain, where asking would open a window: there the first run shows. */
  async #hasLogin(): Promise<boolean> {
    const { hostEnv } = this.#options;
    if (hostEnv.CLAUDE_CODE_OAUTH_TOKEN || platform() === 'darwin') return true;
    const found = await access(join(hostEnv.HOME ?? '', '.claude', '.credentials.json')).then(
      () => true,
      () => false,
    );
    return found;
  }
}

function describeUse(name: string, input: Record<string, unknown>, worktree: string): string {
  const target = [input.file_path, input.path, input.pattern].find(
    (value): value is string => typeof value === 'string',
  );
  const shown = target?.startsWith(`${dirname(worktree)}/`) ? relative(worktree, target) : target;
  return clip(plainLine(`${name} ${shown ?? ''}`), 160);
}
