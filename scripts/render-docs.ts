// Writes docs/job-states.md from the state table; with --check it only says whether the page is current.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { terminalStates, workingStates } from '@levautofix/contract/job-state';
import { stateTable } from '@levautofix/fixer/job/state-table';
import { workspaceRoot } from './shop.js';

export const jobStatesPage = join(workspaceRoot, 'docs/job-states.md');

export function renderJobStates(): string {
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

export async function run(args: string[]): Promise<number> {
  if (args.includes('--check')) {
    const isCurrent = (await readFile(jobStatesPage, 'utf8').catch(() => '')) === renderJobStates();
    if (!isCurrent) console.error('docs/job-states.md is stale: run `pnpm render-docs` and commit the page.');
    return isCurrent ? 0 : 1;
  }
  await writeFile(jobStatesPage, renderJobStates());
  return 0;
}
