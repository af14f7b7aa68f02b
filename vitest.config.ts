// Two test projects: unit tests beside the code, and end-to-end tests that start real processes.
import { defineConfig } from 'vitest/config';

// No more than ours: a condition named here also reaches Node's own require, where `import` would hand it the wrong file.
const conditions = ['source'];
const resolve = { conditions };
const ssr = { resolve: { conditions, externalConditions: conditions } };

export default defineConfig({
  resolve,
  ssr,
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'test/*.test.ts',
            'test/doubles/**/*.test.ts',
            'scripts/**/*.test.ts',
          ],
          testTimeout: 20_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'e2e',
          globalSetup: ['test/build-once.ts'],
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          // After the unit tests: suites that start real processes measure times.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
