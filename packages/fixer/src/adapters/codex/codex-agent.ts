// The coding agent Codex: the real command line, headless, in the sandbox, with a home of its own for each job.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { repairAnswerJsonSchema } from '@levautofix/contract/repair-answer';
import { clip, plainLine } from '../../domain/plain-text.js';
import type { CodingAgent, RepairOutcome, RepairRequest } from '../../ports/coding-agent.js';
import type { ModelGateway } from '../../ports/model-gateway.js';
import type { ProcessOutcome, ProcessRunner } from '../../ports/process-runner.js';
import type { Sandbox } from '../../ports/sandbox.js';
import { codexArguments, codexConfiguration } from './codex-arguments.js';
import { CodexRun } from './codex-run.js';
import { findCodex } from './find-codex.js';
import type { TokenPrices } from './list-prices.js';
import { isSessionLost, judgeRun, missingFault } from './judge-run.js';

export interface CodexOptions {
  command: string;
  apiKey: string | undefined;
  /** Address of the API with its `/v1`, as the gateway's upstream has it; undefined is OpenAI's own. */
  baseUrl: string | undefined;
  model?: string | undefined;
  /** Codex does not say what a run costs; undefined takes the list prices, or a worst case. */
  prices?: TokenPrices | undefined;
  /** Each job gets a home for its agent below this folder. Without a sandbox it must not lie in a temporary folder. */
  homesFolder: string;
  /** The way to the model API out of a sandbox; the key is added on its far side. Null without a sandbox. */
  gateway: ModelGateway | null;
  path: string;
  runner: ProcessRunner;
  sandbox: Sandbox;
  findProgram: (command: string) => Promise<string | null>;
}

/** Where the gateway is inside the sandbox. */
const gatewayPort = 8787;
const keyName = 'LEVAUTOFIX_MODEL_KEY';
export const openAi = 'https://api.openai.com/v1';

export class CodexAgent implements CodingAgent {
  readonly rung = 'codex';
  readonly #options: CodexOptions;

  constructor(options: CodexOptions) {
    this.#options = options;
  }

  async checkAvailable(): Promise<string | null> {
    const { command, runner, path, apiKey, gateway } = this.#options;
    const program = await this.#options.findProgram(command);
    if (!program) return `Codex is not installed (no "${command}"). Install it or set CODEX_COMMAND.`;
    if (!apiKey) return 'OPENAI_API_KEY is not set.';
    if (this.#isContained && !gateway) return 'The sandbox has no gateway to the model API.';
    const home = await this.#home('check');
    const version = await runner.run({
      command: (await findCodex(program)).path,
      args: ['--version'],
      cwd: home,
      env: { PATH: path, HOME: home, CODEX_HOME: home },
      timeoutMs: 20_000,
    });
    if (version.exitCode === 0) return null;
    return `"${command} --version" does not work: ${clip(plainLine(version.spawnError ?? version.output), 200)}`;
  }

  async repair(request: RepairRequest, signal: AbortSignal): Promise<RepairOutcome> {
    let [run, ended] = await this.#run(request, request.sessionId, signal);
    if (request.sessionId !== null && isSessionLost(run, ended)) [run, ended] = await this.#run(request, null, signal);
    if (ended.isCancelled) throw signal.reason;
    return judgeRun(run, ended, Date.now());
  }

  async #run(
    request: RepairRequest,
    threadId: string | null,
    signal: AbortSignal,
  ): Promise<[CodexRun, ProcessOutcome]> {
    const { apiKey, baseUrl, model, path, runner, sandbox, command } = this.#options;
    const program = await this.#options.findProgram(command);
    if (!program) throw missingFault(`there is no program "${command}".`);
    const codex = await findCodex(program);
    const home = await this.#home(request.jobId);
    const schemaFile = join(home, 'answer.schema.json');
    await replaceFile(schemaFile, JSON.stringify(repairAnswerJsonSchema));
    const address = this.#isContained ? `http://127.0.0.1:${gatewayPort}` : (baseUrl ?? openAi);
    await replaceFile(join(home, 'config.toml'), codexConfiguration({ baseUrl: address, keyName, model }));

    const run = new CodexRun(threadId, model ?? null, this.#options.prices);
    const gateway = await this.#options.gateway?.open(run, request);
    try {
      const spec = {
        command: codex.path,
        args: codexArguments({ threadId, schemaFile, isContained: this.#isContained, model }),
        cwd: request.worktreePath,
        env: {
          PATH: path,
          HOME: home,
          CODEX_HOME: home,
          LANG: 'C.UTF-8',
          // Codex names the end of a usage limit by the clock on the wall.
          TZ: 'UTC',
          [keyName]: this.#isContained ? 'dummy' : (apiKey ?? ''),
        },
        input: request.prompt,
        timeoutMs: request.timeoutMs,
        onLine: (line: string) => {
          const progress = run.read(line);
          if (progress !== null) request.onProgress?.(clip(plainLine(progress), 160));
          request.onUsage?.(run.usage);
        },
      };
      const enclosed = sandbox.enclose(spec, {
        ...request.modules,
        workspace: request.worktreePath,
        readable: [codex.folder],
        writable: [home],
        masked: [join(request.worktreePath, '.git')],
        network: gateway ? { socketPath: gateway.socketPath, port: gatewayPort } : 'none',
      });
      return [run, await runner.run(enclosed, signal)];
    } finally {
      await gateway?.close();
    }
  }

  get #isContained(): boolean {
    return this.#options.sandbox.kind !== 'none';
  }

  async #home(jobId: string): Promise<string> {
    const home = join(this.#options.homesFolder, basename(jobId), 'codex');
    await mkdir(home, { recursive: true, mode: 0o700 });
    return home;
  }
}

/** The agent owns its home: what it left there may be a link to a file of ours. */
async function replaceFile(file: string, text: string): Promise<void> {
  await rm(file, { recursive: true, force: true });
  await writeFile(file, text, { flag: 'wx' });
}
