// The fixer in this process on a manual clock, with real git and database and the code host's double; the agent is scripted.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { IncidentReport } from '@levautofix/contract/incident-report';
import { composeFixer, type Fixer } from '@levautofix/fixer/compose';
import { loadFixerConfig } from '@levautofix/fixer/config/config';
import type { Incident } from '@levautofix/fixer/domain/incident';
import type { Job } from '@levautofix/fixer/domain/job';
import { countOutcomes } from '@levautofix/fixer/follow/count-outcomes';
import type { CodingAgent, RepairRequest } from '@levautofix/fixer/ports/coding-agent';
import type { Sandbox } from '@levautofix/fixer/ports/sandbox';
import { ManualClock } from '@levautofix/service-kit/clock';
import { createLogger } from '@levautofix/service-kit/logger';
import { startGitHub, type GitHubDouble } from '../doubles/github.js';
import { startGitServer, type GitServer } from '../doubles/git-server.js';

const token = 'github-token-of-the-tests';
export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const fingerprint = 'v1:0123456789abcdef';
export const branch = 'hotfix/auto-0123456789abcdef';

const broken = 'export const discount = (coupon) => coupon.percentOff;\n';
const files: Record<string, string> = {
  'package.json': '{ "name": "shop", "type": "module", "private": true, "scripts": { "test": "node --test" } }\n',
  'src/discount.js': broken,
  'test/discount.test.js': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discount } from '../src/discount.js';
test('a coupon takes its part off', () => assert.equal(discount({ percentOff: 5 }), 5));
`,
};

export class FollowWorld {
  readonly folder: string;
  readonly clock: ManualClock;
  readonly gitServer: GitServer;
  readonly github: GitHubDouble;
  readonly bare: string;
  readonly prompts: string[] = [];
  /** What persons were told without being asked. */
  readonly news: string[] = [];
  /** New source of the file at fault, one for each attempt to come. */
  readonly script: string[] = [];
  readonly #mongodbUri: string | undefined;
  /** Laid over the environment with the next start. */
  settings: Record<string, string> = {};
  sandbox: Sandbox | undefined;
  /** Source of a test that the agent adds and names as the one that shows the error. */
  regressionTest: string | null = null;
  fixer!: Fixer;
  #reports = 0;

  private constructor(folder: string, gitServer: GitServer, github: GitHubDouble, bare: string, mongodbUri?: string) {
    this.folder = folder;
    this.gitServer = gitServer;
    this.github = github;
    this.bare = bare;
    this.#mongodbUri = mongodbUri;
    this.clock = new ManualClock(Date.parse('2026-03-01T12:00:00Z'));
  }

  static async open(mongodbUri?: string): Promise<FollowWorld> {
    const folder = mkdtempSync(join(tmpdir(), 'lev-follow-'));
    const gitServer = await startGitServer({ root: join(folder, 'git'), token });
    const bare = gitServer.createRepository('acme/shop');
    const github = await startGitHub({ token, repositories: { 'acme/shop': bare } });
    const world = new FollowWorld(folder, gitServer, github, bare, mongodbUri);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(world.repo, path)), { recursive: true });
      writeFileSync(join(world.repo, path), text);
    }
    world.git('init', '--quiet', '--initial-branch=main');
    world.git('add', '.');
    world.git('commit', '--quiet', '-m', 'Start the shop');
    world.git('push', '--quiet', bare, 'main');
    world.git('remote', 'add', 'origin', `${gitServer.url}/acme/shop.git`);
    await world.start();
    return world;
  }

  /** Also after `fixer.close()`, as a restart would. */
  async start(): Promise<void> {
    const env = {
      REPO_PATH: this.repo,
      SERVICE_NAME: 'shop',
      DATA_DIR: join(this.folder, 'data'),
      RELAY_SECRET: 'relay-secret-of-the-tests',
      GITHUB_TOKEN: token,
      GITHUB_API_URL: this.github.url,
      REPAIR_LADDER: 'command',
      REPAIR_COMMAND: 'true',
      SANDBOX: 'off',
      ...(this.#mongodbUri !== undefined && { MONGODB_URI: this.#mongodbUri }),
      ...this.settings,
    };
    const { config, secrets } = await loadFixerConfig(env, { cwd: this.folder });
    const host = {
      env: { PATH: process.env.PATH },
      cwd: this.folder,
      stdin: process.stdin,
      stdout: process.stdout,
      execPath: process.execPath,
    };
    this.fixer = await composeFixer(config, secrets, host, {
      clock: this.clock,
      log: createLogger({ name: 'test', level: 'silent', secrets: [] }),
      agents: new Map([['command', this.#agent()]]),
      channels: [
        {
          name: 'test',
          start: () => Promise.resolve(),
          stop: () => Promise.resolve(),
          ask: () => Promise.resolve('1'),
          conclude: () => Promise.resolve(),
          notify: (text) => Promise.resolve(void this.news.push(text)),
        },
      ],
      random: () => 0.5,
      ...(this.sandbox && { sandbox: this.sandbox }),
    });
  }

  get repo(): string {
    return join(this.folder, 'shop');
  }

  get base(): string {
    return this.git('rev-parse', 'refs/heads/main');
  }

  /** The watcher tells of the error, or of another one, in a build. */
  async report(release: string | null, patch: Partial<IncidentReport> = {}): Promise<void> {
    const at = new Date(this.clock.now()).toISOString();
    const receipt = await this.fixer.ingest([
      {
        id: `report-${++this.#reports}`,
        service: 'shop',
        environment: 'production',
        release,
        host: 'web-1',
        kind: 'error',
        fingerprint,
        severity: 'medium',
        count: 1,
        firstSeenAt: at,
        lastSeenAt: at,
        error: {
          type: 'TypeError',
          message: "Cannot read properties of undefined (reading 'percentOff')",
          stack: ['    at discount (/srv/shop/src/discount.js:1:43)'],
        },
        request: null,
        context: [],
        ...patch,
      },
    ]);
    if (receipt.accepted !== 1) throw new Error(JSON.stringify(receipt));
  }

  /** Another error of the same service, one that is left to a person: the service is alive. */
  async sign(release: string | null): Promise<void> {
    await this.report(release, { fingerprint: 'v1:ffffffffffffffff', dropped: 1 });
  }

  /** Lets the job that is due run to its question, and answers yes. */
  async repair(source: string): Promise<Job> {
    this.script.push(source);
    await this.fixer.drain();
    const asked = await this.job();
    if (asked.state !== 'awaiting_approval') throw new Error(`${asked.state}: ${asked.reason}`);
    return this.approve(asked);
  }

  async approve({ id, commit, diffHash }: Job): Promise<Job> {
    const answer = { jobId: id, answer: 'approve' as const, commit: commit ?? '', diffHash: diffHash ?? '', by: 'ann' };
    const result = await this.fixer.decider.decide(answer);
    if (!result.isAccepted) throw new Error(result.message);
    await setImmediate();
    await this.fixer.drain();
    const job = await this.job();
    if (job.state !== 'published') throw new Error(`${job.state}: ${job.reason}`);
    return job;
  }

  /** Moves the time and looks once. */
  async pass(afterMs = minuteMs): Promise<Incident> {
    await this.clock.advance(afterMs);
    await this.fixer.follow();
    return this.incident();
  }

  async incident(): Promise<Incident> {
    const incident = await this.fixer.store.incidents.find('shop', fingerprint);
    if (!incident) throw new Error('there is no incident');
    return incident;
  }

  /** Newest first. */
  jobs(): Promise<Job[]> {
    return this.fixer.store.jobs.listByFingerprint('shop', fingerprint);
  }

  async job(): Promise<Job> {
    const [job] = await this.jobs();
    if (!job) throw new Error('there is no job');
    return job;
  }

  /** A person merges it and the result is released under its commit id. */
  merge(number = 1): string {
    this.github.merge(number);
    return this.github.pulls.find((pull) => pull.number === number)?.mergedCommit ?? '';
  }

  /** A person works on the branch in a clone of their own. */
  commitAsPerson(text: string): string {
    const clone = join(this.folder, `clone-${Math.random()}`);
    execFileSync('git', ['clone', '--quiet', '--branch', branch, this.bare, clone]);
    writeFileSync(join(clone, 'src/discount.js'), text);
    git(clone, 'commit', '--quiet', '-am', 'Do it my way');
    git(clone, 'push', '--quiet', 'origin', branch);
    return git(clone, 'rev-parse', 'HEAD');
  }

  remoteHead(): string {
    return git(this.bare, 'rev-parse', `refs/heads/${branch}`);
  }

  outcomes(): ReturnType<typeof countOutcomes> {
    return countOutcomes(this.fixer.store);
  }

  ownComments(number: number): string[] {
    const pull = this.github.pulls.find((one) => one.number === number);
    return (pull?.comments ?? []).filter(({ by }) => by === 'levautofix').map(({ text }) => text);
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.repo, path), text);
  }

  git(...args: string[]): string {
    return git(this.repo, ...args);
  }

  async close(): Promise<void> {
    await this.fixer.close();
    await this.github.close();
    await this.gitServer.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #agent(): CodingAgent {
    return {
      rung: 'command',
      checkAvailable: () => Promise.resolve(null),
      repair: (request: RepairRequest) => {
        this.prompts.push(request.prompt);
        const source = this.script.shift();
        if (source === undefined) throw new Error('the script has no more attempts');
        writeFileSync(join(request.worktreePath, 'src/discount.js'), source);
        const regressionTest = this.regressionTest === null ? null : 'test/regression.test.js';
        if (regressionTest !== null)
          writeFileSync(join(request.worktreePath, regressionTest), this.regressionTest ?? '');
        const proposal = { rootCause: 'no coupon', summary: 'Guards it.', risk: 'Low.', regressionTest };
        return Promise.resolve({ kind: 'done', proposal, sessionId: null, usage: { usd: 0.01, tokens: 10 } });
      },
    };
  }
}

function git(cwd: string, ...args: string[]): string {
  const identity = { GIT_AUTHOR_NAME: 'Ann', GIT_AUTHOR_EMAIL: 'ann@example.test' };
  const committer = { GIT_COMMITTER_NAME: 'Ann', GIT_COMMITTER_EMAIL: 'ann@example.test' };
  const env = { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', ...identity, ...committer };
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env }).trim();
}
