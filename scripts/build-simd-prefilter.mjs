// Assembles the search loop of the watcher from WebAssembly text into a module that is embedded as base64.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../packages/watcher/src/detect/', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'simd-prefilter-'));
const output = join(scratch, 'module.wasm');
const tool = ['-y', '-p', 'wabt@1.0.37', 'wat2wasm'];

try {
  execFileSync('npx', [...tool, join(folder, 'simd-prefilter.wat'), '-o', output], { stdio: 'inherit' });
  const base64 = readFileSync(output).toString('base64');
  writeFileSync(
    join(folder, 'simd-module.ts'),
    `// Generated from simd-prefilter.wat by scripts/build-simd-prefilter.mjs.\nexport const simdModule =\n  '${base64}';\n`,
  );
} finally {
  rmSync(scratch, { recursive: true });
}
