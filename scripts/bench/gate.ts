// `pnpm bench gate`: seeded bugs in small services, each with correct, wrong and cheating patches, through the real `fixer fix`.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { parseArgs, promisify } from 'node:util';
import type { JobView } from '@levautofix/contract/job-view';
import { run as fix } from '@levautofix/fixer/cli/fix';
import { describeError } from '@levautofix/service-kit/fault';
import { scanLog } from '@levautofix/watcher/scan-log';
import { workspaceRoot } from '../shop.js';
import { describedPatches, readCases, type GateCase, type Patch } from './gate-case.js';
import { placeModules } from './gate-modules.js';
import { runPolicy } from './gate-policy.js';
import { tamperingPatches } from './gate-tampering.js';

const execute = promisify(execFile);
const help = `Usage: pnpm bench gate [--case NAME]... [--kind TEXT] [--per-kind N] [--jobs 2] [--json] [--list] [--policy]

Runs every patch of every case in test/fixtures/gate through "fixer fix" with the rung "command".
--kind runs only the kinds of patches that contain this text, --per-kind each kind of cheating in N cases only, spread over all, --policy holds all patches against the
diff policy alone, which takes a minute. Exit 0 only when no bad patch was presented and no good one refused.
A wrong patch counts only where an existing test or the regression test can show that it is wrong. A change with a false proof may be
presented as verified, which claims no proof, and never as proven.
`;

export interface Verdict {
  case: string;
  kind: string;
  isGood: boolean;
  isRight: boolean;
  result: JobView['result'] | null;
  /** Outcome of the attempt, and why in words. */
  outcome: string;
  reason: string;
  durationMs: number;
}

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      case: { type: 'string', multiple: true },
      kind: { type: 'string', default: '' },
      'per-kind': { type: 'string' },
      jobs: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      policy: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const all = await readCases();
  const cases = all.filter(({ name }) => values.case === undefined || values.case.includes(name));
  if (values.list || cases.length === 0) {
    process[values.list ? 'stdout' : 'stderr'].write(
      all.map(({ name, kind }) => `${name.padEnd(28)} ${kind}\n`).join(''),
    );
    return values.list ? 0 : 2;
  }
  if (values.policy) {
    const { text, isRight } = await runPolicy(cases);
    process.stdout.write(text);
    return isRight ? 0 : 1;
  }
  const verdicts = await runGate(cases, {
    jobs: Number(values.jobs),
    perKind: Number(values['per-kind'] ?? Number.POSITIVE_INFINITY),
    isWanted: ({ kind }) => kind.includes(values.kind),
    onVerdict: (verdict, done, total) => {
      if (!verdict.isRight || process.stderr.isTTY || done % 50 === 0)
        process.stderr.write(`${progressLine(verdict, done, total)}\n`);
    },
  });
  process.stdout.write(values.json ? `${JSON.stringify(verdicts)}\n` : describeGate(verdicts));
  return verdicts.length > 0 && verdicts.every(({ isRight }) => isRight) ? 0 : 1;
}

export interface GateOptions {
  jobs: number;
  /** In how many cases each kind of cheating is tried; correct and wrong patches are always. */
  perKind?: number;
  isWanted?: (patch: Patch) => boolean;
  onVerdict?: (verdict: Verdict, done: number, total: number) => void;
}

export async function runGate(cases: readonly GateCase[], options: GateOptions): Promise<Verdict[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gate-'));
  try {
    const prepared = [];
    for (const gateCase of cases) prepared.push(await prepareCase(join(folder, gateCase.name), gateCase));
    const queue = choosePatches(prepared, options);
    const total = queue.length;
    const verdicts: Verdict[] = [];
    const work = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const verdict = await tryPatch(next.service, next.patch, join(next.service.folder, String(next.index)));
        verdicts.push(verdict);
        options.onVerdict?.(verdict, verdicts.length, total);
      }
    };
    await Promise.all(Array.from({ length: options.jobs }, work));
    return verdicts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function choosePatches(services: readonly PreparedCase[], { isWanted = () => true, perKind = Infinity }: GateOptions) {
  const all = services.flatMap((service) => service.patches.map((patch, index) => ({ service, patch, index })));
  const kinds = [...new Set(all.map(({ patch }) => patch.kind))];
  // Each kind begins with another case, so that few cases per kind still are all of them.
  return kinds.flatMap((kind, shift) => {
    const ours = all.filter(({ patch }) => patch.kind === kind && isWanted(patch));
    const isCheating = /^(?:tampering|fake proof)/.test(kind);
    const first = shift % Math.max(1, ours.length);
    return isCheating ? [...ours.slice(first), ...ours.slice(0, first)].slice(0, perKind) : ours;
  });
}

interface PreparedCase {
  gateCase: GateCase;
  folder: string;
  repo: string;
  log: string;
  patches: Patch[];
}

/** The service as a repository, and the log of its crash. */
async function prepareCase(folder: string, gateCase: GateCase): Promise<PreparedCase> {
  const [repo, deployed] = [join(folder, 'repo'), join(folder, 'deployed/service')];
  for (const at of [repo, deployed]) {
    for (const [path, text] of Object.entries(gateCase.files)) {
      await mkdir(dirname(join(at, path)), { recursive: true });
      await writeFile(join(at, path), text);
    }
  }
  const identity = ['-c', 'user.name=Service', '-c', 'user.email=service@localhost', '-c', 'commit.gpgsign=false'];
  await execute('git', ['init', '--quiet', '--template=', '--initial-branch=main'], { cwd: repo });
  await execute('git', ['add', '--all', '--force'], { cwd: repo });
  await execute('git', [...identity, 'commit', '--quiet', '--message', 'Start the service'], { cwd: repo });

  await placeModules(gateCase.modules ?? [], join(repo, 'node_modules'));
  const log = join(folder, 'service.log');
  const crashed = await crash(deployed, gateCase.crash);
  await writeFile(log, crashed);
  const error = scanLog(crashed).at(-1)?.error;
  if (!error) throw new Error(`${gateCase.name}: the service does not crash: ${crashed}`);
  const message = error.message.replace(/^\w+: /, '');
  const patches = [...describedPatches(gateCase), ...tamperingPatches(gateCase, { type: error.type, message })];
  return { gateCase, folder, repo, log, patches };
}

/** What the deployed service writes until it has failed. */
async function crash(deployed: string, script: string): Promise<string> {
  await writeFile(join(deployed, 'crash.mjs'), script);
  const env = { PATH: process.env.PATH, TZ: 'UTC', NO_COLOR: '1' };
  const options = { cwd: deployed, env, timeout: 20_000 };
  const said = await execute(process.execPath, ['crash.mjs'], options).catch(
    (error: unknown) => error as { stdout: string; stderr: string },
  );
  return `${said.stdout}${said.stderr}`;
}

async function tryPatch({ gateCase, repo, log }: PreparedCase, patch: Patch, folder: string): Promise<Verdict> {
  await cp(repo, join(folder, 'repo'), { recursive: true, verbatimSymlinks: true });
  const patchFile = join(folder, 'patch.json');
  const answer = {
    rootCause: 'See the change.',
    summary: 'The error no longer occurs.',
    risk: 'Low.',
    regressionTest: patch.regressionTest,
  };
  await writeFile(patchFile, JSON.stringify({ changes: patch.changes, answer }));
  const said = { stdout: '', stderr: '' };
  const startedAt = performance.now();
  const agent = join(workspaceRoot, 'scripts/gate-agent.mjs');
  const exitCode = await fix(['--repo', join(folder, 'repo'), '--log', log, '--json'], {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      REPAIR_LADDER: 'command',
      REPAIR_COMMAND: `'${process.execPath}' '${agent}' '${patchFile}'`,
      SERVICE_NAME: 'service',
    },
    cwd: folder,
    execPath: process.execPath,
    peakRssBytes: () => 0,
    stdin: Readable.from([]),
    stdout: collect(said, 'stdout'),
    stderr: collect(said, 'stderr'),
    signal: new AbortController().signal,
  }).catch((error: unknown) => {
    said.stderr += describeError(error);
    return 1;
  });
  const durationMs = performance.now() - startedAt;
  const job = said.stdout === '' ? null : (JSON.parse(said.stdout) as JobView);
  const branches = await readBranches(join(folder, 'repo'));
  await rm(folder, { recursive: true, force: true });
  return {
    case: gateCase.name,
    kind: patch.kind,
    isGood: patch.isGood,
    ...judge(patch, exitCode, job, branches),
    durationMs,
    ...wordsOf(job, said.stderr),
  };
}

/** Presented means: exit 0, a result, or a branch that a person could merge. */
function judge(patch: Patch, exitCode: number, job: JobView | null, branches: string[]) {
  const result = job?.result ?? null;
  const presented = result === 'proven' || result === 'verified' ? result : null;
  const isPresented = exitCode === 0 || presented !== null || branches.length > 0;
  if (patch.isGood)
    return { result, isRight: exitCode === 0 && presented !== null && patch.allowed.includes(presented) };
  // A fault of the machinery is no verdict on a bad patch: something has to have been tried and turned down.
  const isTurnedDown = !isPresented && /^(?:refused|failed|timeout)$/.test(job?.attempts.at(-1)?.outcome ?? '');
  return { result, isRight: isTurnedDown || (presented !== null && patch.allowed.includes(presented)) };
}

function wordsOf(job: JobView | null, stderr: string) {
  return {
    outcome: job?.attempts.at(-1)?.outcome ?? 'none',
    reason: job?.reason ?? (job ? '' : (stderr.trim().split('\n').at(-1) ?? '')),
  };
}

async function readBranches(repo: string): Promise<string[]> {
  const { stdout } = await execute('git', ['for-each-ref', '--format=%(refname)', 'refs/heads'], { cwd: repo });
  return stdout.split('\n').filter((name) => name !== '' && name !== 'refs/heads/main');
}

function collect(said: { stdout: string; stderr: string }, name: 'stdout' | 'stderr'): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      said[name] += chunk.toString();
      done();
    },
  });
}

function progressLine(
  { case: name, kind, isRight, result, outcome, reason, durationMs }: Verdict,
  done: number,
  total: number,
): string {
  const words = isRight ? '' : `  ${reason.replaceAll('\n', ' ').slice(0, 300)}`;
  return `${done}/${total} ${isRight ? 'right' : 'WRONG'}  ${name}: ${kind}: ${result ?? outcome} (${(durationMs / 1_000).toFixed(1)} s)${words}`;
}

/** What has a name of its own in one case shares a row. */
function rowOf(kind: string): string {
  return /^(?:good: another way|wrong: plausible|own tampering|own fake proof)/.exec(kind)?.[0] ?? kind;
}

/** A table of kinds, and the totals. */
export function describeGate(verdicts: readonly Verdict[]): string {
  const kinds = [...new Set(verdicts.map(({ kind }) => rowOf(kind)))].sort();
  const width = Math.max(0, ...kinds.map((kind) => kind.length));
  const rows = kinds.map((kind) => {
    const ours = verdicts.filter((verdict) => rowOf(verdict.kind) === kind);
    const count = (name: string) =>
      ours.filter(({ outcome, result }) => (result === 'proven' || result === 'verified' ? result : outcome) === name)
        .length;
    const columns = ['proven', 'verified', 'refused', 'failed'].map((name) => String(count(name) || '.').padStart(9));
    const wrong = ours.filter(({ isRight }) => !isRight).length;
    return `${kind.padEnd(width)}${columns.join('')}${String(wrong || '.').padStart(9)}`;
  });
  const bad = verdicts.filter(({ isGood }) => !isGood);
  const good = verdicts.filter(({ isGood }) => isGood);
  const wrongOf = (list: readonly Verdict[]) => list.filter(({ isRight }) => !isRight).length;
  const perPatch = verdicts.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  const names = [...new Set(verdicts.map((verdict) => verdict.case))];
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  const times = (list: readonly number[]) =>
    `median ${seconds(list[Math.floor(list.length / 2)] ?? 0)}, max ${seconds(list.at(-1) ?? 0)}`;
  const ofCases = names
    .map((name) =>
      verdicts.filter((verdict) => verdict.case === name).reduce((sum, { durationMs }) => sum + durationMs, 0),
    )
    .sort((a, b) => a - b);
  const ofGood = good.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  return [
    `${'kind of patch'.padEnd(width)}${['proven', 'verified', 'refused', 'failed', 'wrong'].map((name) => name.padStart(9)).join('')}`,
    ...rows,
    '',
    `cases: ${names.length}, patches: ${verdicts.length}`,
    `bad patches presented as verified or proven: ${wrongOf(bad)} of ${bad.length}`,
    `good patches refused: ${wrongOf(good)} of ${good.length}`,
    `time per case: ${times(ofCases)}`,
    `time per patch: ${times(perPatch)}; of good ones, which are run through to the end: ${times(ofGood)}`,
    '',
  ].join('\n');
}
