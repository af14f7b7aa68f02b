// Which test runner a test script uses, how it is asked for names that can be compared, and how it runs one file.

export type TestRunner = 'node' | 'vitest' | 'jest' | 'mocha' | 'ava';

const operators = /&&|\|\||[;|&<>`$()\n]/;

export function chooseRunner(script: string): TestRunner | null {
  return readSegment(script)?.runner ?? null;
}

/** Arguments that make a runner name each test; empty where the script is more than one plain command. */
export function reportingArguments(script: string, runner: TestRunner | null): string {
  if (operators.test(script) || /--reporter\b|--json\b|--tap\b|-R\b/.test(script)) return '';
  if (runner === 'vitest') return '--reporter=default --reporter=tap-flat';
  if (runner === 'jest') return '--verbose --silent';
  if (runner === 'mocha') return '--reporter tap';
  if (runner === 'ava') return '--tap';
  return '';
}

/**
 * A command line that runs one test file with the options of the test script. `file` is relative to the folder of that script.
 * Null when the script is not understood.
 */
export function oneFileCommand(script: string, file: string): string | null {
  const segment = readSegment(script);
  if (!segment || !/^[\w@./+-]+$/.test(file)) return null;
  const { runner, prefix, options } = segment;
  const target = file.startsWith('-') ? `./${file}` : file;
  const kept = [...prefix, ...options].join(' ');
  switch (runner) {
    case 'node':
      return `${kept} --test-reporter=spec ${target}`;
    case 'vitest':
      return `${prefix.join(' ')} run ${options.join(' ')} --reporter=default --reporter=tap-flat ${target}`.replace(
        / {2,}/g,
        ' ',
      );
    case 'jest':
      return `${kept} --verbose --runTestsByPath ${target}`;
    case 'mocha':
      return `${kept} --reporter tap ${target}`;
    case 'ava':
      return `${kept} --tap ${target}`;
  }
}

interface Segment {
  runner: TestRunner;
  /** Environment settings, launcher and the runner itself. */
  prefix: string[];
  options: string[];
}

const optionsWithValue = new Set([
  '--import',
  '--require',
  '-r',
  '--loader',
  '--experimental-loader',
  '--config',
  '-c',
  '--env-file',
  '--conditions',
  '-C',
  '--project',
  '--root',
  '--timeout',
  '--extension',
  '--ui',
  '--environment',
  '--test-concurrency',
]);
const droppedOptions =
  /^--(?:watch(?:All)?|coverage|reporter|test-reporter|test-reporter-destination|bail|changed|onlyChanged|tap|json|verbose|silent|spec)\b|^-R$/;

/** The last plain command of the script that starts a known runner. */
function readSegment(script: string): Segment | null {
  for (const part of script.split(/&&|\|\||;/).toReversed()) {
    if (/[|<>`$()]/.test(part)) continue;
    const words = part
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '');
    const index = words.findIndex((word) => runnerOf(word, words) !== null);
    const runner = index < 0 ? null : runnerOf(words[index] ?? '', words);
    if (runner) return { runner, prefix: words.slice(0, index + 1), options: keepOptions(words.slice(index + 1)) };
  }
  return null;
}

function runnerOf(word: string, words: readonly string[]): TestRunner | null {
  const name = word.replace(/^.*\//, '').replace(/\.[cm]?js$/, '');
  if (name === 'vitest' || name === 'jest' || name === 'ava') return name;
  if (name === 'mocha' || name === '_mocha') return 'mocha';
  if ((name === 'node' || name === 'tsx') && words.some((other) => /^--test$/.test(other))) return 'node';
  return null;
}

function keepOptions(words: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (!word.startsWith('-')) continue;
    const value = words[index + 1];
    const takesValue = optionsWithValue.has(word) && value !== undefined;
    if (!droppedOptions.test(word)) kept.push(word, ...(takesValue ? [value] : []));
    if (takesValue) index++;
  }
  return kept;
}
