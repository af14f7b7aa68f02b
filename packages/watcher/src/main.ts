#!/usr/bin/env node
// Entry of the watcher's command line; the only file that touches the process.
import { readFileSync } from 'node:fs';
import { processIo, runCommand } from '@levautofix/service-kit/command';

process.exitCode = await runCommand(
  {
    name: 'levautofix-watcher',
    summary: 'Watches logs read-only, groups the errors in them and relays each to a fixer.',
    version: () =>
      (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version,
    commands: {
      start: { summary: 'watch LOG_FILES and relay errors until stopped', load: () => import('./cli/start.js') },
      scan: {
        summary: 'print the error events of a log, or a table of their groups',
        load: () => import('./cli/scan.js'),
      },
      explain: {
        summary: 'print for each event what its fingerprint kept and dropped, and why',
        load: () => import('./cli/explain.js'),
      },
      doctor: {
        summary: 'check configuration, log files, state folder and fixer',
        load: () => import('./cli/doctor.js'),
      },
    },
  },
  process.argv.slice(2),
  processIo(),
);
