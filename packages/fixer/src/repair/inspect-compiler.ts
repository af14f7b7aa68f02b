// Rule about the compiler's settings: a repair may not make a check of the code weaker, or leave code out of it.
import type { Flag } from '@levautofix/contract/job-view';
import type { ChangedText } from './changed-source.js';
import type { Ts } from './parse-source.js';

type Settings = Record<string, unknown>;

const strictness =
  /^(?:strict\w*|no(?:Implicit|Unused|Unchecked|FallthroughCases|PropertyAccess)\w*|exact\w+|alwaysStrict|checkJs)$/;
const scope = ['include', 'exclude', 'files', 'extends', 'references'];

export function inspectCompiler(ts: Ts, { file, before, after }: ChangedText): Flag[] {
  if (!/(?:^|\/)[tj]sconfig[^/]*\.json$/i.test(file.path)) return [];
  const at = (note: string): Flag => ({ kind: 'silenced_check', file: file.path, line: null, note });
  if (after === null || before === null) return [at(after === null ? 'is deleted.' : 'adds settings of the compiler.')];
  const [old, next] = [read(ts, file.path, before), read(ts, file.path, after)];
  if (next === null) return [at('cannot be read any more.')];
  const [oldOptions, options] = [old, next].map((settings) => (settings?.compilerOptions ?? {}) as Settings) as [
    Settings,
    Settings,
  ];
  const weaker = [...new Set([...Object.keys(oldOptions), ...Object.keys(options)])].filter(
    (key) =>
      (strictness.test(key) && oldOptions[key] !== options[key] && options[key] !== true) ||
      (/^(?:skipLibCheck|noCheck|allowUnreachableCode|suppress\w+)$/.test(key) &&
        oldOptions[key] !== options[key] &&
        options[key] === true) ||
      (key === 'noEmitOnError' && oldOptions[key] !== options[key]),
  );
  const moved = scope.filter((key) => JSON.stringify(old?.[key]) !== JSON.stringify(next[key]));
  return [...weaker, ...moved].map((key) => at(`weakens what the compiler checks (${key}).`));
}

function read(ts: Ts, path: string, text: string): Settings | null {
  const { config, error } = ts.parseConfigFileTextToJson(path, text) as { config?: Settings; error?: unknown };
  return error === undefined ? (config ?? null) : null;
}
