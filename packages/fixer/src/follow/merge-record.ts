// Whether a class of errors has earned that its fixes are merged without a look: by what became of earlier ones. Pure.
import type { OutcomeCounts } from './count-outcomes.js';

/** Fixes that proved themselves in production. */
export const neededFixes = 20;
/** Part of the fixes that may have come back or been taken back. */
export const maxFailedShare = 0.02;

/** Null when earned; else why not. The class is the type of error, whoever wrote the fixes. */
export function missingRecord(errorType: string, rows: readonly OutcomeCounts[]): string | null {
  const own = rows.filter((row) => row.errorType === errorType);
  const resolved = own.reduce((sum, row) => sum + row.resolved, 0);
  const failed = own.reduce((sum, row) => sum + row.regressed + row.reverted, 0);
  if (resolved < neededFixes)
    return `${resolved} of the ${neededFixes} fixes that have to prove themselves first have done so`;
  const share = failed / (resolved + failed);
  if (share <= maxFailedShare) return null;
  return `${failed} of ${resolved + failed} fixes came back or were taken back, more than ${maxFailedShare * 100} %`;
}

/** The classes that a configuration names without their having earned it. */
export function refusedMerges(
  errorTypes: readonly string[],
  rows: readonly OutcomeCounts[],
): { errorType: string; why: string }[] {
  return errorTypes.flatMap((errorType) => {
    const why = missingRecord(errorType, rows);
    return why === null ? [] : [{ errorType, why }];
  });
}
