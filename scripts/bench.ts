// `pnpm bench NAME`: dispatches to the bench of that name; each prints its figures and exits 0 only when they are good enough.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Bench {
  /** Printed for --help; a bench without it prints its own. */
  help?: string;
  run(args: string[]): Promise<number>;
}

const folder = join(import.meta.dirname, 'bench');

export async function run([name = '--help', ...args]: string[]): Promise<number> {
  const path = join(folder, `${name}.js`);
  const bench = /^[a-z-]+$/.test(name) && existsSync(path) ? await load(path) : null;
  if (bench?.help !== undefined && args.includes('--help')) {
    process.stdout.write(bench.help);
    return 0;
  }
  if (bench) return bench.run(args).catch((error: unknown) => refuseArguments(error, name));
  const isHelp = name === '--help';
  process[isHelp ? 'stdout' : 'stderr'].write(
    `Usage: pnpm bench NAME [options]\n\nBenches: ${(await names()).join(', ')}\n`,
  );
  return isHelp ? 0 : 2;
}

/** A mistyped option is the caller's, and is told without a stack. */
function refuseArguments(error: unknown, name: string): number {
  if (!(error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_'))) throw error;
  process.stderr.write(`bench ${name}: ${error.message}\n`);
  return 2;
}

async function names(): Promise<string[]> {
  const files = readdirSync(folder).filter((file) => /^[a-z-]+\.js$/.test(file));
  const benches = await Promise.all(
    files.map(async (file) => ((await load(join(folder, file))) ? file.slice(0, -3) : '')),
  );
  return benches.filter((name) => name !== '').sort();
}

/** Null for a module beside the benches that is none itself. */
async function load(path: string): Promise<Bench | null> {
  const module = (await import(pathToFileURL(path).href)) as Partial<Bench>;
  return typeof module.run === 'function' ? (module as Bench) : null;
}
