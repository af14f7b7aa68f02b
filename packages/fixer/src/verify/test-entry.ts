// One line of a test report, before names are made of it.

export interface TestEntry {
  /** File or suites, then the test. */
  path: string[];
  status: 'passed' | 'failed' | 'skipped' | 'todo';
}
