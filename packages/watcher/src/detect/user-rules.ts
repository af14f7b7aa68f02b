// Rules of the user: lines that are errors although no format says so, and errors that are to be passed over.
import type { JsonLevelOption } from './json-record.js';
import { leastLiteral } from './rare-literals.js';

/** Must run in linear time, so that no line can hang the watcher; a RegExp serves where it is known to. */
export interface LinePattern {
  /** As written, in a syntax that reads like a regular expression. */
  source: string;
  test(text: string): boolean;
}

export interface UserRules extends JsonLevelOption {
  include?: readonly LinePattern[];
  ignore?: readonly LinePattern[];
}

export interface CompiledRules {
  includes(text: string): boolean;
  ignores(text: string): boolean;
  /** Text that must stand in a line for a pattern of `include` to match. */
  literals: readonly string[];
  /** True where no such text is known: then no line can be skipped unread. */
  needsEveryLine: boolean;
  option: JsonLevelOption;
  /** Nothing is included, ignored or named. */
  isEmpty: boolean;
}

export function compileUserRules({ include = [], ignore = [], levelField }: UserRules): CompiledRules {
  const literals = include.map(({ source }) => literalOf(source));
  return {
    includes: (text) => include.some((pattern) => pattern.test(text)),
    ignores: (text) => ignore.some((pattern) => pattern.test(text)),
    literals: literals.filter((literal) => literal !== null),
    needsEveryLine: literals.includes(null) || levelField !== undefined,
    option: levelField === undefined ? {} : { levelField },
    isEmpty: include.length === 0 && ignore.length === 0 && levelField === undefined,
  };
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
