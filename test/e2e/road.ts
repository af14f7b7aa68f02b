// The whole road for end-to-end tests: a shop, its log, both services as processes, and doubles only for the clouds.
import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprintDigits } from '@levautofix/contract/fingerprint';
import type { JobView, IncidentView, Page } from '@levautofix/contract/job-view';
import { scanLog } from '@levautofix/watcher/scan-log';
import { createShop, installDependencies, workspaceRoot } from '../../scripts/shop.js';
import { BotApi } from '../doubles/bot-api.js';
import { startGitHub, type GitHubDouble } from '../doubles/github.js';
import { startGitServer, type GitServer } from '../doubles/git-server.js';
import { startMessagesApi, structured, use, type MessagesApi, type MessagesTurn } from '../doubles/messages-api.js';
import { startService, until, type ServiceProcess } from './service-process.js';

export const approver = 1001;
const dashboardToken = 'dashboard-token-of-the-tests';
const githubToken = 'github-token-of-the-tests';

export const account = {
  rootCause: 'findCoupon answers undefined for an unknown code.',
  summary: 'An unknown coupon takes nothing off.',
  risk: 'Low: only unknown codes behave differently.',
  regressionTest: null,
  declined: null,
};

export interface Edit {
  path: string;
  from: string;
  to: string;
}

const findCoupon = '  const coupon = findCoupon(code);\n';
/** The change a sensible developer would make. */
export const goodFix: Edit = { path: 'src/orders.js', from: findCoupon, to: `${findCoupon}  if (!coupon) return 0;\n` };
/** Stops the crash and breaks every coupon that exists. */
export const redFix: Edit = { path: 'src/orders.js', from: findCoupon, to: `${findCoupon}  if (coupon) return 0;\n` };
export const regressionTest: Edit = {
  path: 'test/unknown-coupon.test.js',
  from: '',
  to: `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderTotal } from '../src/orders.js';

test('an unknown coupon takes nothing off', () => {
  assert.equal(orderTotal({ items: [{ id: 'pot', quantity: 2 }], coupon: 'NONE' }).discountCents, 0);
});
`,
};

export interface HistoryRow {
  at: string;
  event: string;
  from: string;
  to: string;
  note: string | null;
}

export interface RoadOptions {
  claude: string;
  /** Unset: embedded SQLite. */
  mongodbUri?: string;
  env?: Record<string, string>;
}

export class Road {
  readonly folder: string;
  readonly shop: string;
  readonly logFile: string;
  readonly bot: BotApi;
  readonly github: GitHubDouble;
  readonly gitServer: GitServer;
  readonly model: MessagesApi;
  readonly #options: RoadOptions;
  #port = 0;
  fixer: ServiceProcess | null = null;
  watcher: ServiceProcess | null = null;

  private constructor(
    folder: string,
    options: RoadOptions,
    doubles: { bot: BotApi; github: GitHubDouble; gitServer: GitServer; model: MessagesApi },
  ) {
    this.folder = folder;
    this.shop = join(folder, 'shop');
    this.logFile = join(folder, 'logs/shop.log');
    this.bot = doubles.bot;
    this.github = doubles.github;
    this.gitServer = doubles.gitServer;
    this.model = doubles.model;
    this.#options = options;
  }

  /** Everything but the two services. */
  static async prepare(options: RoadOptions): Promise<Road> {
    const folder = await mkdtemp(join(tmpdir(), 'lev-'));
    const gitServer = await startGitServer({ root: join(folder, 'git'), token: githubToken });
    const bare = gitServer.createRepository('acme/shop');
    const github = await startGitHub({ token: githubToken, repositories: { 'acme/shop': bare } });
    const road = new Road(folder, options, {
      bot: await BotApi.start(),
      github,
      gitServer,
      model: await startMessagesApi(),
    });
    await createShop(road.shop, { modulesFrom: await installedModules() });
    git(road.shop, 'push', '--quiet', bare, 'main');
    git(road.shop, 'remote', 'add', 'origin', `${gitServer.url}/acme/shop.git`);
    for (const name of ['logs', 'home']) await mkdir(join(folder, name));
    await writeFile(road.logFile, '2026-11-21T11:00:00.000Z INFO listening on 3000\n');
    return road;
  }

  async startFixer(env: Record<string, string> = {}): Promise<ServiceProcess> {
    this.fixer = startService('fixer', ['start'], {
      HOME: join(this.folder, 'home'),
      PORT: String(this.#port),
      DATA_DIR: join(this.folder, 'fixer'),
      REPO_PATH: this.shop,
      SERVICE_NAME: 'shop',
      RELAY_SECRET: 'relay-secret-of-the-tests',
      DASHBOARD_TOKEN: dashboardToken,
      TELEGRAM_BOT_TOKEN: this.bot.token,
      TELEGRAM_CHAT_ID: String(this.bot.chatId),
      TELEGRAM_ALLOWED_USERS: String(approver),
      TELEGRAM_API_ROOT: this.bot.url,
      GITHUB_TOKEN: githubToken,
      GITHUB_API_URL: this.github.url,
      REPAIR_LADDER: 'claude-code,claude-code,claude-code',
      CLAUDE_COMMAND: this.#options.claude,
      ANTHROPIC_API_KEY: 'sk-ant-key-of-the-tests',
      ANTHROPIC_BASE_URL: this.model.url,
      ...(this.#options.mongodbUri !== undefined && { MONGODB_URI: this.#options.mongodbUri }),
      ...this.#options.env,
      ...env,
    });
    const [, port] = await this.fixer.waitFor(/Takes reports at http:\/\/127\.0\.0\.1:(\d+)/);
    // Kept over restarts: the watcher knows the fixer by its address.
    this.#port = Number(port);
    return this.fixer;
  }

  async startWatcher(env: Record<string, string> = {}): Promise<ServiceProcess> {
    this.watcher = startService('watcher', ['start'], {
      HOME: join(this.folder, 'home'),
      PORT: '0',
      LOG_FILES: join(this.folder, 'logs/*.log'),
      SERVICE_NAME: 'shop',
      STATE_DIR: join(this.folder, 'watcher'),
      FIXER_URL: `http://127.0.0.1:${this.#port}`,
      RELAY_SECRET: 'relay-secret-of-the-tests',
      SETTLE_MS: '300',
      ...env,
    });
    await this.watcher.waitFor(/State is kept/);
    return this.watcher;
  }

  /** The shop fails `times` times, as it does when a coupon is unknown. */
  async fail(times = 3): Promise<void> {
    await appendFile(this.logFile, this.#failure().repeat(times));
  }

  #failure(): string {
    return [
      `${new Date().toISOString()} ERROR POST /orders/total failed`,
      "TypeError: Cannot read properties of undefined (reading 'percentOff')",
      `    at discount (file://${this.shop}/src/orders.js:18:38)`,
      `    at orderTotal (file://${this.shop}/src/orders.js:10:54)`,
      `    at file://${this.shop}/src/app.js:24:19`,
      '',
    ].join('\n');
  }

  async jobs(): Promise<JobView[]> {
    return (await this.#get<Page<JobView>>('/api/jobs')).items;
  }

  async incidents(): Promise<IncidentView[]> {
    return (await this.#get<Page<IncidentView>>('/api/incidents')).items;
  }

  async history(jobId: string): Promise<HistoryRow[]> {
    return (await this.#get<Page<HistoryRow>>(`/api/jobs/${jobId}/history`)).items;
  }

  /** The one job there is, once it is in `state`. */
  async jobIn(state: JobView['state'], withinMs?: number): Promise<JobView> {
    let last: JobView | undefined;
    return until(
      `the job to be ${state}`,
      async () => {
        last = (await this.jobs().catch(() => []))[0];
        return last?.state === state ? last : null;
      },
      withinMs,
    ).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}; it is ${last?.state}: ${last?.reason}\n${this.fixer?.output}`);
    });
  }

  /** What is left of a job beside its branch: worktrees registered, folders on disk, scratch space. */
  async leftovers(): Promise<string[]> {
    const worktrees = git(this.shop, 'worktree', 'list', '--porcelain').match(/^worktree .*$/gm) ?? [];
    const scratch = execFileSync('ls', [join(this.folder, 'fixer/work')], { encoding: 'utf8' }).split('\n');
    return [
      ...worktrees.slice(1),
      ...(existsSync(join(this.shop, '.worktrees')) ? ['.worktrees'] : []),
      ...scratch.filter((name) => /^[0-9a-f-]{36}$/.test(name)),
    ];
  }

  git(...args: string[]): string {
    return git(this.shop, ...args);
  }

  /** Branches of the server and their commits, read from its disk: it runs in this process and cannot answer a blocking call. */
  remoteBranches(): Record<string, string> {
    const refs = git(
      join(this.folder, 'git/acme/shop.git'),
      'for-each-ref',
      '--format=%(refname:short) %(objectname)',
      'refs/heads',
    );
    return Object.fromEntries(refs.split('\n').map((line) => line.split(' ') as [string, string]));
  }

  /** The folder a job works in, known from the error alone. */
  get worktree(): string {
    const [event] = scanLog(this.#failure());
    if (!event) throw new Error('the failure of the shop is an error event');
    return join(this.shop, '.worktrees/hotfix', `auto-${fingerprintDigits(event.fingerprint)}`);
  }

  /** Turns of a model that reads and edits files of the worktree (`from` empty: a new file) and then gives its account. */
  edits(changes: Edit[], answer: Record<string, unknown> = {}): MessagesTurn[] {
    const turns = changes.flatMap(({ path, from, to }) => {
      const file_path = join(this.worktree, path);
      const edit = { content: [use('Edit', { file_path, old_string: from, new_string: to })] };
      return from === '' ? [edit] : [{ content: [use('Read', { file_path })] }, edit];
    });
    return [...turns, structured({ ...account, ...answer })];
  }

  async close(): Promise<void> {
    await this.watcher?.stop();
    await this.fixer?.stop();
    await this.bot.stop();
    await this.github.close();
    await this.gitServer.close();
    await this.model.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.#port}${path}`, {
      headers: { authorization: `Bearer ${dashboardToken}` },
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }
}

export function git(folder: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** The shop's dependencies, fetched once for all tests of this checkout. */
async function installedModules(): Promise<string> {
  const cache = join(workspaceRoot, '.cache/shop');
  const lock = await readFile(join(workspaceRoot, 'test/fixtures/shop/package-lock.json'), 'utf8');
  const installed = await readFile(join(cache, 'installed'), 'utf8').catch(() => '');
  if (installed !== lock) {
    const fresh = `${cache}.${process.pid}`;
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true });
    for (const name of ['package.json', 'package-lock.json']) {
      await writeFile(join(fresh, name), await readFile(join(workspaceRoot, 'test/fixtures/shop', name)));
    }
    await installDependencies(fresh);
    await writeFile(join(fresh, 'installed'), lock);
    await rm(cache, { recursive: true, force: true });
    execFileSync('mv', [fresh, cache]);
  }
  return join(cache, 'node_modules');
}
