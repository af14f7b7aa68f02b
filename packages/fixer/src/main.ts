#!/usr/bin/env node
// Entry of the fixer's command line; the only file that touches the process.
import { createRequire } from 'node:module';
import { processIo, runCommand } from '@levautofix/service-kit/command';

if (process.argv[2] === '--version') printVersion();
else
  process.exitCode = await runCommand(
    {
      name: 'levautofix',
      summary: 'Turns reported errors into verified changes and asks a person before it opens a pull request.',
      commands: {
        start: { summary: 'take reports and work on them until stopped', load: () => import('./cli/start.js') },
        fix: {
          summary: 'repair the last error of a log in a repository, once, without services',
          load: () => import('./cli/fix.js'),
        },
        reopen: {
          summary: 'work again on an error that was ignored or left to a person',
          load: () => import('./cli/reopen.js'),
        },
        prompt: {
          summary: 'print what an agent is told for a job, with its size',
          load: () => import('./cli/prompt.js'),
        },
        doctor: {
          summary: 'check configuration, repository, agents, sandbox, chat and code host',
          load: () => import('./cli/doctor.js'),
        },
      },
    },
    process.argv.slice(2),
    processIo(),
  );

function printVersion(): void {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
  process.stdout.write(`${version}\n`);
}
