// Rules about what steers the tests: their configuration and set-up, and the programs that the base commit's scripts run.
import type { Flag } from '@levautofix/contract/job-view';
import type { Change } from '../domain/change.js';
import { isRunnerConfig, isTestPath } from './test-files.js';

/** `manifest` is the package.json of the base commit; null when there is none. */
export function inspectRunner(change: Change, manifest: string | null): Flag[] {
  const programs = scriptPrograms(manifest);
  return change.files.flatMap((file) =>
    [...new Set([file.path, file.oldPath ?? file.path])].flatMap((path): Flag[] => {
      if (isRunnerConfig(path))
        return [{ kind: 'runner_config', file: path, line: null, note: 'steers how tests are run or measured.' }];
      if (programs.has(path) && !isTestPath(path))
        return [{ kind: 'runner_config', file: path, line: null, note: 'is run by the scripts that check a change.' }];
      return [];
    }),
  );
}

const checking = /^(?:pre|post)?(?:test|check|verify|lint|build|coverage|install|prepare|ci)(?:$|[:_-])/;

function scriptPrograms(manifest: string | null): Set<string> {
  try {
    const { scripts } = JSON.parse(manifest ?? '{}') as { scripts?: Record<string, unknown> };
    const lines = Object.entries(scripts ?? {}).flatMap(([name, line]) =>
      checking.test(name) && typeof line === 'string' ? [line] : [],
    );
    return new Set(lines.flatMap((line) => line.split(/[;&|]+/).flatMap(programsOf)));
  } catch {
    return new Set();
  }
}

const launchers = /^(?:node|tsx|ts-node|bun|deno|bash|sh|zsh|python3?|ruby|php)$/;
const loading =
  /^(?:--(?:import|require|loader|experimental-loader|config|project|setup|globalSetup|test-reporter)|-[rcp])$/;

/** Programs and configuration named in one command; not the files that it is run on. */
function programsOf(command: string): string[] {
  const words = command.split(/[\s'"=]+/).filter(Boolean);
  // `node --check a.js` looks at the file and does not run it.
  if (words.includes('--check')) return [];
  const launched = launchers.test(words[0] ?? '')
    ? words.slice(1).find((word) => /^[^-].*\.\w+$/.test(word))
    : undefined;
  const loaded = words.filter((_word, index) => loading.test(words[index - 1] ?? ''));
  const first = words[0]?.includes('/') ? [words[0]] : [];
  return [launched ?? [], loaded, first].flat().map((word) => word.replace(/^\.\//, ''));
}
