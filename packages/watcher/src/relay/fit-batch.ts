// How many of the reports that wait go over the wire at once.
import type { SpooledReport } from '../ports/report-spool.js';

const maxBatchBytes = 512 * 1024;

/** The first of them, up to a size; one at least, however large. */
export function fitBatch(reports: readonly SpooledReport[]): SpooledReport[] {
  let bytes = 0;
  const end = reports.findIndex(({ report }, index) => {
    bytes += JSON.stringify(report).length;
    return index > 0 && bytes > maxBatchBytes;
  });
  return end === -1 ? [...reports] : reports.slice(0, end);
}
