// The diff policy: holds the final diff of an attempt against every rule. A refusal ends the attempt, a flag is shown to whoever decides.
import type { Flag } from '@levautofix/contract/job-view';
import type { Change } from '../domain/change.js';
import { clip, plainLine } from '../domain/plain-text.js';
import type { SecretScanner } from '../ports/secret-scanner.js';
import { readChangedText } from './changed-source.js';
import { inspectCharacters, inspectIgnored, inspectMode, inspectSecrets, inspectSize } from './inspect-files.js';
import { inspectClaims } from './inspect-claims.js';
import { inspectCompiler } from './inspect-compiler.js';
import { inspectDisguise } from './inspect-disguise.js';
import { inspectImports } from './inspect-imports.js';
import { inspectMocks } from './inspect-mocks.js';
import { inspectPackage } from './inspect-package.js';
import { inspectRunner } from './inspect-runner.js';
import { inspectRuntime } from './inspect-runtime.js';
import { inspectSniffing } from './inspect-sniffing.js';
import { inspectSwallowing } from './inspect-swallowing.js';
import { inspectTests } from './inspect-tests.js';
import { loadTypeScript } from './parse-source.js';
import { inspectPaths } from './protected-paths.js';

export interface DiffToInspect {
  change: Change;
  /** Content of a file before or after the change (of a link: where it points); null where there is none. */
  readFile: (side: 'base' | 'fix', path: string) => Promise<string | null>;
  /** The user's globs: an entry protects a path more, one with `!` in front allows a protected one. */
  protectedPaths: readonly string[];
  secrets: SecretScanner;
}

export interface Inspection {
  refusals: Flag[];
  flags: Flag[];
}

export async function inspectDiff({ change, readFile, protectedPaths, secrets }: DiffToInspect): Promise<Inspection> {
  const ts = await loadTypeScript();
  const refusals: Flag[] = [
    ...inspectPaths(change, protectedPaths),
    ...inspectRunner(change, await readFile('base', 'package.json')),
  ];
  const flags: Flag[] = inspectSize(change);
  const add = (found: Inspection) => {
    refusals.push(...found.refusals);
    flags.push(...found.flags);
  };

  const texts = [];
  for (const file of change.files) texts.push(await readChangedText(ts, file, readFile));
  const paths = change.files.map((file) => file.path);
  for (const text of texts) {
    const { file } = text;
    add(inspectMode(file, file.mode === '120000' ? await readFile('fix', file.path) : null, change.diff));
    add(inspectCharacters(text));
    add(inspectPackage(text));
    add(inspectTests(ts, text));
    add(inspectSniffing(ts, text));
    refusals.push(
      ...inspectRuntime(ts, text),
      ...inspectMocks(ts, text, paths),
      ...inspectIgnored(text),
      ...inspectDisguise(ts, text),
      ...inspectCompiler(ts, text),
      ...(await inspectImports(ts, text, (path) => readFile('base', path))),
      ...(await inspectSecrets(text, secrets)),
    );
  }
  add(inspectClaims(ts, texts));
  add(inspectSwallowing(ts, texts));
  return { refusals: unique(refusals), flags: unique(flags) };
}

function unique(flags: Flag[]): Flag[] {
  const seen = new Map(flags.map((flag) => [JSON.stringify([flag.kind, flag.file, flag.line]), flag]));
  // A note may quote a line of the diff.
  return [...seen.values()].map((flag) => ({ ...flag, note: clip(plainLine(flag.note), 300) }));
}
