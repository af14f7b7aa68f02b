// Runs one entry point (`watcher`, `fixer` or `scripts/NAME`) from its compiled form, compiling first when a source is newer.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [entry = '', ...args] = process.argv.slice(2);

const isScript = entry.startsWith('scripts/');
const project = isScript ? 'scripts' : `packages/${entry}`;
const main = isScript
  ? join(root, 'scripts/dist', `${entry.slice('scripts/'.length)}.js`)
  : join(root, project, 'dist/main.js');
const projects = isScript ? ['packages', 'scripts'] : ['packages'];

if (!existsSync(main) || newestMtime(projects, '.ts') > newestMtime([project], '.tsbuildinfo')) compile();

process.argv = [process.execPath, main, ...args];
const entryModule = await import(pathToFileURL(main).href);
// A service's main runs when it is loaded; a script exports what to run, so that tests can call it too.
if (isScript) process.exitCode = await entryModule.run(args);

function compile() {
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
  const { status } = spawnSync(process.execPath, [join(typescript, 'bin/tsc'), '-b', join(root, project)], {
    stdio: ['ignore', 2, 2],
  });
  // The check tells of type errors itself, among everything else that is wrong.
  if (status !== 0 && entry !== 'scripts/check') process.exit(status ?? 1);
}

function newestMtime(folders, suffix) {
  let newest = 0;
  const visit = (folder) => {
    for (const item of readdirSync(folder, { withFileTypes: true })) {
      if (item.name === 'node_modules' || item.name === 'fixtures') continue;
      const path = join(folder, item.name);
      if (item.isDirectory()) {
        if (suffix !== '.ts' || item.name !== 'dist') visit(path);
      } else if (item.name.endsWith(suffix) && !item.name.endsWith('.test.ts')) {
        newest = Math.max(newest, statSync(path).mtimeMs);
      }
    }
  };
  for (const folder of folders) visit(join(root, folder));
  return newest;
}
