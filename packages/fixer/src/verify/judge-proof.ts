// Whether a test that fails on the base commit and passes on the fix shows the reported error, and not one of its own making.
import type { LoggedError } from '@levautofix/contract/incident-report';
import type { Check } from '../domain/verification.js';
import { isTestPath } from './base-tests.js';
import { type Frame, readFailures, reportedFrames, type SeenError } from './read-failures.js';

export interface ProofEvidence {
  onBase: Check;
  /** Each run on the fix. */
  onFix: readonly Check[];
  /** Path of the regression test and its text. */
  testPath: string;
  testText: string;
  error: LoggedError;
  /** Folder in which both commits were checked. */
  folder: string;
}

/** Null when the change is proven; else why not, for a person. */
export function judgeBaseRun(evidence: Omit<ProofEvidence, 'onFix'>): string | null {
  const { onBase, testPath, testText } = evidence;
  if (onBase.status === 'passed') return 'The regression test passes on the base commit too, so it shows nothing.';
  if (onBase.status === 'timeout') return 'The regression test did not end in time on the base commit.';
  if (doesNotLoad(onBase, testPath)) {
    return 'The regression test does not load on the base commit (something it imports is missing there), which shows nothing.';
  }
  if (/\.stack\s*=|captureStackTrace|prepareStackTrace|["'`\s]at .{0,80}\.[cm]?[jt]sx?:\d+/.test(testText)) {
    return 'The regression test writes a stack of its own, so its failure shows nothing.';
  }
  return null;
}

/**
 * The error happened in the deployed release, so a test that shows it fails there. Null where that run takes nothing away from a proof:
 * the test failed, or could not be run in so different a commit.
 */
export function judgeReleaseRun(evidence: Omit<ProofEvidence, 'onFix'> & { onRelease: Check }): string | null {
  const { onRelease, onBase } = evidence;
  if (onRelease.status === 'passed') {
    return 'The regression test passes on the deployed release, where the error happened, so it shows something else.';
  }
  const isFixedOnBase =
    onBase.status === 'passed' && judgeProof({ ...evidence, onBase: onRelease, onFix: [onBase] }) === null;
  return isFixedOnBase
    ? 'The regression test shows the error on the deployed release and passes on the base commit: what fixes it seems to be there already and waits for its deploy.'
    : null;
}

export function judgeProof(evidence: ProofEvidence): string | null {
  const early = judgeBaseRun(evidence);
  if (early !== null) return early;
  const { onBase, onFix, testPath, error, folder } = evidence;
  const greenRuns = onFix.filter((check) => isGreen(check, onBase)).length;
  if (greenRuns < onFix.length)
    return `The regression test passed on the fix in ${greenRuns} of ${onFix.length} runs only.`;

  const onFixErrors = onFix.flatMap(({ output }) => readFailures(output, folder, error.type)).map(identity);
  const errors = readFailures(onBase.output, folder, error.type).filter(
    (seen) => !onFixErrors.includes(identity(seen)),
  );
  const fromApplication = errors.filter(({ files }) => !isTestFile(files[0] ?? '', testPath));
  if (fromApplication.length === 0) {
    return 'On the base commit the regression test fails by itself, not by an error from application code.';
  }
  const frames = reportedFrames(error.stack);
  const isReported = (seen: SeenError) => {
    const own = seen.frames.filter(({ file }) => !isTestFile(file, testPath));
    if (own.some((frame) => frames.some((reported) => isSameFunction(frame, reported)))) return true;
    if (seen.type !== error.type) return false;
    // A TypeError may be any mistake: the same words, or a report whose frames name nothing that is here, have to speak for it.
    const isComparable = own.some((frame) => frames.some((reported) => isSameFile(frame, reported)));
    return !isComparable || !isCommon(error.type) || plainWords(seen.message) === plainWords(error.message);
  };
  if (!fromApplication.some(isReported)) {
    return `On the base commit the regression test fails with another error than the reported ${error.type.slice(0, 80)}.`;
  }
  return null;
}

/** Where tests are named, one that failed on the base must pass now; else the exit code has to do. */
function isGreen(check: Check, onBase: Check): boolean {
  const { failedTests, passedTests } = check;
  if (!failedTests || !passedTests || !onBase.failedTests) return check.status === 'passed';
  const turned = onBase.failedTests.filter((name) => passedTests.includes(name));
  return (
    turned.length > 0 && !onBase.failedTests.some((name) => failedTests.includes(name) && !isAncestor(name, onBase))
  );
}

function isAncestor(name: string, { failedTests }: Check): boolean {
  return (failedTests ?? []).some((other) => other.startsWith(`${name} > `));
}

/** Something that the test imports is missing. */
export function doesNotLoad({ failedTests, passedTests, output }: Check, testPath: string): boolean {
  const isMissing =
    /Cannot find (?:module|package)|ERR_MODULE_NOT_FOUND|ERR_PACKAGE_PATH_NOT_EXPORTED|does not provide an export named|Failed to resolve import|Failed to load url/.test(
      output,
    );
  const onlyFiles =
    failedTests !== null && failedTests.every((name) => name === testPath || /\.[cm]?[jt]sx?$/.test(name));
  return onlyFiles ? passedTests?.length === 0 || isMissing : isMissing && failedTests === null;
}

function isTestFile(path: string, testPath: string): boolean {
  return path === testPath || testPath.endsWith(`/${path}`) || isTestPath(path);
}

/** The frames of a report come from another machine. */
function isSameFile(seen: Frame, reported: Frame): boolean {
  return reported.file === seen.file || reported.file.endsWith(`/${seen.file}`);
}

function isSameFunction(seen: Frame, reported: Frame): boolean {
  return isSameFile(seen, reported) && seen.within === reported.within;
}

function isCommon(type: string): boolean {
  return /^(?:(?:Type|Reference|Range|Syntax|Assertion|Eval|URI|Aggregate)?Error|DOMException)$/.test(type);
}

function plainWords(message: string): string {
  return message.replace(/\d+/g, '0').trim();
}

function identity({ type, files }: SeenError): string {
  return `${type} ${files[0]}`;
}
