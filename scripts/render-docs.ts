// Writes the pages under docs/ that follow from code; with --check it only says which of them are stale.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { terminalStates, workingStates } from '@levautofix/contract/job-state';
import { servicesFileJsonSchema } from '@levautofix/fixer/config/services-file';
import { stateTable } from '@levautofix/fixer/job/state-table';
import { workspaceRoot } from './shop.js';

/** Path below the workspace -> what belongs there. */
const pages: Record<string, () => string> = {
  'docs/job-states.md': renderJobStates,
  'docs/levautofix.config.schema.json': renderServicesSchema,
};

function renderJobStates(): string {
  const rows = workingStates.map((state) => {
    const exits = Object.entries(stateTable[state]).map(([event, to]) => `${event} → \`${to}\``);
    return `| \`${state}\` | ${exits.join('<br>')} |`;
  });
  const arrows = workingStates.flatMap((from) =>
    Object.entries(stateTable[from])
      .filter(([, to]) => to !== from)
      .map(([event, to]) => `    ${from} --> ${to}: ${event}`),
  );
  return [
    '<!-- Written by `pnpm render-docs` from packages/fixer/src/job/state-table.ts. Do not edit. -->',
    '# The states of a job',
    '',
    "A job's state says what is due next. A crash is repaired by reading the state and running its step again.",
    '',
    '| state (what is due) | event → next state |',
    '| --- | --- |',
    ...rows,
    `| ${terminalStates.map((state) => `\`${state}\``).join(' ')} | the end: nothing leaves these |`,
    '',
    '```mermaid',
    'stateDiagram-v2',
    '    [*] --> queued',
    ...arrows,
    '```',
    '',
  ].join('\n');
}

/** For editors: a services file names it in its first line, `# yaml-language-server: $schema=PATH`. */
function renderServicesSchema(): string {
  return `${JSON.stringify(servicesFileJsonSchema(), null, 2)}\n`;
}

export async function run(args: string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(
      `Usage: pnpm render-docs [--check]\n\nWrites ${Object.keys(pages).join(' and ')}; --check only says which are stale.`,
    );
    return 0;
  }
  const stale: string[] = [];
  for (const [path, render] of Object.entries(pages)) {
    const file = join(workspaceRoot, path);
    if (!args.includes('--check')) await writeFile(file, render());
    else if ((await readFile(file, 'utf8').catch(() => '')) !== render()) stale.push(path);
  }
  for (const path of stale) console.error(`${path} is stale: run \`pnpm render-docs\` and commit it.`);
  return stale.length === 0 ? 0 : 1;
}
