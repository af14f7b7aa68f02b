// The page about the API names the addresses and codes that the code has, and no others.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const http = join(root, 'packages/fixer/src/http');

describe('docs/api.md', () => {
  it('lists every address of the fixer', async () => {
    const routes: string[] = [];
    for (const file of (await readdir(http)).filter((name) => /(?<!\.test)\.ts$/.test(name))) {
      const text = await readFile(join(http, file), 'utf8');
      for (const [, on, method = '', path] of text.matchAll(/\b(app|api|router)\.(get|post|put|delete)\('([^']+)'/g)) {
        const isBelowApi = on === 'api' || file === 'api-routes.ts';
        routes.push(`${method.toUpperCase()} ${isBelowApi ? '/api' : ''}${path}`);
      }
    }
    const page = await readFile(join(root, 'docs/api.md'), 'utf8');
    const listed = [...page.matchAll(/^\| `([A-Z]+ \/[^`]+)`/gm)].map(([, route]) => route);
    expect(listed.sort()).toEqual(routes.sort());
  });

  it('lists every code of a refusal with its status', async () => {
    const source = await readFile(join(http, 'error-handler.ts'), 'utf8');
    const codes = [...source.matchAll(/^ {2}(\w+): (\d{3}),$/gm)].map(([, code, status]) => `${status} ${code}`);
    expect(codes.length).toBeGreaterThan(10);
    const page = await readFile(join(root, 'docs/api.md'), 'utf8');
    const listed = [...page.matchAll(/^\| (\d{3}) +\|([^|]+)\|/gm)].flatMap(([, status, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, code]) => `${status} ${code}`),
    );
    expect(listed.sort()).toEqual(codes.sort());
  });
});
