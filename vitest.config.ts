// Three test projects: unit tests beside the code, end-to-end tests that start real processes, and the one that prints times.
import { defineConfig } from 'vitest/config';

// No more than ours: a condition named here also reaches Node's own require, where `import` would hand it the wrong file.
const conditions = ['source'];
const resolve = { conditions };
const ssr = { resolve: { conditions, externalConditions: conditions } };

const runsAlone = 'test/e2e/one-tap.test.ts';

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
          exclude: [runsAlone],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          // After the unit tests: real processes wait for real time.
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'alone',
          globalSetup: ['test/build-once.ts'],
          include: [runsAlone],
          testTimeout: 120_000,
          maxWorkers: 1,
          // Last and with nothing beside it: the times it prints are those of the services.
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
