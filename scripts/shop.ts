// Lays out the demonstration shop as a real repository: files, history and dependencies.
import { execFile } from 'node:child_process';
import { cp, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The checkout's top folder, from source and from compiled form alike. */
export const workspaceRoot = findRoot(import.meta.dirname);

/**
 * Makes a git repository of the shop in `folder` (replacing what is there): three commits on `main`, dependencies installed.
 * @param modulesFrom a `node_modules` made earlier for the same lockfile; without it `npm ci` fetches the dependencies
 */
export async function createShop(folder: string, { modulesFrom }: { modulesFrom?: string } = {}): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await cp(join(workspaceRoot, 'test/fixtures/shop'), folder, { recursive: true });
  await rename(join(folder, 'gitignore.txt'), join(folder, '.gitignore'));
  await git(folder, 'init', '--quiet', '--initial-branch=main');
  await commit(folder, 'Start the shop', [
    'package.json',
    'package-lock.json',
    '.gitignore',
    'README.md',
    'src/catalog.js',
  ]);
  await commit(folder, 'Add orders and the HTTP interface', ['src/orders.js', 'src/app.js', 'src/server.js', 'test']);
  await commit(folder, 'Add coupons', ['.']);
  if (modulesFrom) await cp(modulesFrom, join(folder, 'node_modules'), { recursive: true, verbatimSymlinks: true });
  else await installDependencies(folder);
}

/** Runs `npm ci` without what pnpm or npm left in the environment of a script. */
export async function installDependencies(folder: string): Promise<void> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm|pnpm)_/i.test(name)));
  try {
    await run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'], { cwd: folder, env });
  } catch (error) {
    throw new Error(
      `npm could not install the shop's dependencies; check the network and npm's settings.\n${String((error as { stderr?: string }).stderr)}`,
      {
        cause: error,
      },
    );
  }
}

async function commit(folder: string, message: string, paths: string[]): Promise<void> {
  await git(folder, 'add', '--', ...paths);
  await git(
    folder,
    '-c',
    'user.name=Shop',
    '-c',
    'user.email=shop@localhost',
    '-c',
    'commit.gpgsign=false',
    'commit',
    '--quiet',
    '--no-verify',
    '-m',
    message,
  );
}

async function git(folder: string, ...args: string[]): Promise<void> {
  await run('git', args, { cwd: folder });
}

function findRoot(folder: string): string {
  return existsSync(join(folder, 'pnpm-workspace.yaml')) ? folder : findRoot(dirname(folder));
}
