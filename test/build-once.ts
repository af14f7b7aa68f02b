// Builds the workspace once before the end-to-end tests, which start the compiled services.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export function setup(): void {
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
  execFileSync(process.execPath, [join(typescript, 'bin/tsc'), '-b', ...packages], {
    cwd: join(import.meta.dirname, '..'),
    stdio: 'inherit',
  });
}

const packages = ['contract', 'service-kit', 'watcher', 'fixer'].map((name) => `packages/${name}`);
