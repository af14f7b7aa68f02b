// Rules of the user: lines that are errors although no format says so, and errors that are to be passed over.
import { createRequire } from 'node:module';
import { Fault } from '@levautofix/service-kit/fault';
import type * as Re2 from 're2js';
import type { JsonLevelOption } from './json-record.js';
import { leastLiteral } from './rare-literals.js';

/** Patterns in RE2 syntax: they run in linear time, so none can hang the watcher. */
export interface UserRules extends JsonLevelOption {
  include?: readonly string[];
  ignore?: readonly string[];
}

export interface CompiledRules {
  includes(text: string): boolean;
  ignores(text: string): boolean;
  /** Text that must stand in a line for a pattern of `include` to match. */
  literals: readonly string[];
  /** True where no such text is known: then no line can be skipped unread. */
  needsEveryLine: boolean;
  option: JsonLevelOption;
}

export function compileUserRules(rules: UserRules): CompiledRules {
  const include = (rules.include ?? []).map(compile);
  const ignore = (rules.ignore ?? []).map(compile);
  const literals = (rules.include ?? []).map(literalOf);
  return {
    includes: (text) => include.some((pattern) => pattern.matcher(text).find()),
    ignores: (text) => ignore.some((pattern) => pattern.matcher(text).find()),
    literals: literals.filter((literal) => literal !== null),
    needsEveryLine: literals.includes(null) || rules.levelField !== undefined,
    option: rules.levelField === undefined ? {} : { levelField: rules.levelField },
  };
}

/** Loaded where there are rules at all: it takes longer to load than a small log to read. */
let engine: typeof Re2 | undefined;

function compile(source: string): Re2.RE2JS {
  engine ??= createRequire(import.meta.url)('re2js') as typeof Re2;
  try {
    return engine.RE2JS.compile(source);
  } catch (error) {
    throw new Fault({
      code: 'rule_invalid',
      message: `The detection rule ${JSON.stringify(source)} cannot be used.`,
      remedy: 'Write it in RE2 syntax: no look-around and no back references.',
      cause: error,
    });
  }
}

/** The longest run of plain characters, if the pattern has no part that may be left out or replaced. */
function literalOf(source: string): string | null {
  if (/[|?*{}()[\]]/.test(source)) return null;
  const runs = source.replace(/\\./g, '\0').split(/[\0.^$+]/);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  // A character before `+` belongs to a run, but its repetition ends it: the run up to it still stands in the line.
  if (longest.length < leastLiteral || /[^\x20-\x7e]/.test(longest)) return null;
  return longest.slice(0, 8);
}
