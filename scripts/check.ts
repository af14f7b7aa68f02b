// All that must hold before a change is merged: format, lint, types, dependency rules, pages that follow from code. Runs everything, then
// lists what failed.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Outcome {
  isOk: boolean;
  output: string;
  /** What was looked at, where the tool says so. */
  note?: string;
}

const checks: Record<string, () => Promise<Outcome>> = {
  format: () => runTool('prettier', ['--check', '--log-level=warn', '.']),
  // No cache: rules that know types look beyond the file that changed.
  lint: () => runTool('eslint', ['.']),
  types: () => runTool('typescript', ['-b'], 'tsc'),
  'dependency rules': checkDependencies,
  'generated pages': () => runScript('render-docs', ['--check']),
};

/** Answers the exit code. */
export async function run(args: string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(`Usage: pnpm check\n\nRuns ${Object.keys(checks).join(', ')}; exits 0 only when all hold.`);
    return 0;
  }
  const failed = await runAll();
  if (failed.length > 0) console.error(`\nfailed: ${failed.join(', ')}`);
  return failed.length > 0 ? 1 : 0;
}

async function runAll(): Promise<string[]> {
  const failed: string[] = [];
  await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      const startedAt = performance.now();
      const { isOk, output, note } = await check();
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
      console.log(`${isOk ? '✓' : '✗'} ${name}${note ? `: ${note}` : ''} (${seconds} s)`);
      if (isOk) return;
      failed.push(name);
      console.log(output.trimEnd());
    }),
  );
  return failed;
}

async function checkDependencies(): Promise<Outcome> {
  const { isOk, output } = await runTool(
    'dependency-cruiser',
    ['--config', '.dependency-cruiser.cjs', 'packages', 'scripts', 'test'],
    'depcruise',
  );
  const seen = Number(/(\d+) modules/.exec(output)?.[1] ?? 0);
  const expected = countSources();
  // Without a TypeScript it understands, the tool sees nothing, finds nothing wrong with it and exits 0.
  if (seen < expected) {
    return { isOk: false, output: `${output}\nOnly ${seen} modules were seen, but there are ${expected} sources.` };
  }
  return { isOk, output, note: `${seen} modules checked` };
}

function countSources(): number {
  return ['packages', 'scripts', 'test']
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }))
    .filter((path) => /\.ts$/.test(path) && !/(^|\/)(node_modules|dist|fixtures)\//.test(path)).length;
}

function runTool(tool: string, args: string[], program = tool): Promise<Outcome> {
  return runNode([binary(tool, program), ...args]);
}

function runScript(name: string, args: string[]): Promise<Outcome> {
  return runNode(['scripts/run.mjs', `scripts/${name}`, ...args]);
}

function runNode(args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ isOk: false, output: error.message }));
    child.on('close', (code) => resolve({ isOk: code === 0, output }));
  });
}

/** Started by its file: no shell, no PATH, the version that is locked. */
function binary(tool: string, program: string): string {
  const folder = join(root, 'node_modules', tool);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    bin: string | Record<string, string>;
  };
  const file = typeof bin === 'string' ? bin : bin[program];
  if (file === undefined) throw new Error(`${tool} has no program ${program}`);
  return join(folder, file);
}
