// Prints `N passed, N failed` of a vitest JSON report as the last line; exits 0 only when something ran and nothing failed.
import { readFileSync } from 'node:fs';

const [reportFile, statusSoFar] = process.argv.slice(2);
const report = read(reportFile);
const passed = report?.numPassedTests ?? 0;
// A file that does not load has no failed test to count.
const brokenFiles = (report?.testResults ?? []).filter(
  ({ status, assertionResults }) =>
    status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
);
for (const { name, message } of brokenFiles) console.log(`could not run ${name}: ${message}`);
// A red check or a run that broke off counts as one failure where no test shows it.
const shown = (report?.numFailedTests ?? 0) + brokenFiles.length;
const failed = shown === 0 && (statusSoFar !== '0' || passed === 0) ? 1 : shown;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || statusSoFar !== '0' ? 1 : 0;

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
