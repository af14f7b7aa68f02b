// The optional file `levautofix-watcher.config.yaml`: rules of the host about what counts, what is set aside and what is severe.
import { severitySchema } from '@levautofix/contract/severity-schema';
import { z } from 'zod';
import type { SeverityRule } from '../classify/severity-table.js';
import type { LinePattern, UserRules } from '../detect/user-rules.js';

const patternText = z.string().min(1).max(2_000);
const rulesSchema = z.strictObject({
  /** Lines that count as an error although they do not look like one. */
  include: z.array(patternText).max(200).default([]),
  /** Errors that are set aside: matched against the line they begin with; of a record over several lines, against all. */
  ignore: z.array(patternText).max(200).default([]),
  /** Added to the severity table; a rule can raise a severity, never lower it. */
  severity: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(100),
        pattern: patternText,
        severity: severitySchema,
        infrastructure: z.boolean().default(false),
      }),
    )
    .max(200)
    .default([]),
  /** Overrides of the grouping: texts are compared with what `explain` prints as kept. */
  grouping: z
    .strictObject({
      merge: z
        .array(z.strictObject({ text: patternText, name: z.string().min(1).max(200) }))
        .max(200)
        .default([]),
      split: z
        .array(z.strictObject({ text: patternText }))
        .max(200)
        .default([]),
    })
    .prefault({}),
  /** Field of JSON lines that holds the level, where it is not `level`. */
  levelField: z.string().min(1).max(100).optional(),
  settle: z
    .strictObject({
      /** Open incidents at most; beyond it a flood becomes one digest. */
      maxGroups: z.number().int().min(10).max(10_000).default(500),
    })
    .prefault({}),
});

export interface HostRules {
  detect: UserRules;
  grouping: { merge: { text: string; name: string }[]; split: { text: string }[] };
  severity: SeverityRule[];
  maxGroups: number;
}

/** Answers the rules that are usable and, in words, everything that is wrong with the file. */
export async function readRules(yaml: string): Promise<{ rules: HostRules; problems: string[] }> {
  const problems: string[] = [];
  let value: unknown = {};
  try {
    // Most have no such file, and need no parser for it.
    if (yaml !== '') value = (await import('yaml')).parse(yaml);
  } catch (error) {
    problems.push((error as Error).message.split('\n', 1)[0]!);
  }
  const parsed = rulesSchema.safeParse(value ?? {});
  if (!parsed.success)
    for (const { path, message } of parsed.error.issues) problems.push(`${path.join('.') || 'file'}: ${message}`);
  const { include, ignore, grouping, levelField, severity, settle } = parsed.success
    ? parsed.data
    : rulesSchema.parse({});
  const hasPatterns = include.length + ignore.length + severity.length > 0;
  const compile = hasPatterns ? await loadCompiler(problems) : () => null;
  const usable = (key: string, patterns: string[]) =>
    patterns.flatMap((pattern, index) => compile(pattern, `${key}.${index}`) ?? []);
  return {
    rules: {
      detect: {
        include: usable('include', include),
        ignore: usable('ignore', ignore),
        ...(levelField !== undefined && { levelField }),
      },
      grouping,
      severity: severity.flatMap(({ name, pattern, severity: level, infrastructure }, index) => {
        const compiled = compile(pattern, `severity.${index}`);
        return compiled ? [{ name, severity: level, pattern: compiled, isInfrastructure: infrastructure }] : [];
      }),
      maxGroups: settle.maxGroups,
    },
    problems,
  };
}

/** RE2 syntax: its engine takes linear time, so no pattern that it accepts can hang the watcher. */
async function loadCompiler(problems: string[]): Promise<(pattern: string, place: string) => LinePattern | null> {
  const { RE2JS } = await import('re2js');
  return (pattern, place) => {
    try {
      const compiled = RE2JS.compile(pattern);
      return { source: pattern, test: (text) => compiled.matcher(text).find() };
    } catch (error) {
      problems.push(
        `${place}: the pattern ${JSON.stringify(pattern)} is not usable (${(error as Error).message}); ` +
          'look-around and back-references are not supported, because they can hang.',
      );
      return null;
    }
  };
}
