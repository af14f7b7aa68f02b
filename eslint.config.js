// Lint rules of the house. What a compiler or formatter already says is not said again here.
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const core =
  '{domain,job,ports,tail,detect,fingerprint,settle,classify,relay,probe,ingest,queue,checkout,repair,verify,approve,publish,follow,scan}';
const tests = ['**/*.{test,testkit,conformance}.ts', 'test/**/*.ts'];

const clockMessage = 'Time is an argument here: take `now`, or a Clock.';

export default defineConfig(
  globalIgnores(['**/dist/', '**/node_modules/', 'test/fixtures/', '**/.worktrees/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['vitest.config.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-control-regex': 'error',
      'no-empty': ['error', { allowEmptyCatch: true }],
      'no-empty-character-class': 'error',
      'no-irregular-whitespace': 'error',
      'no-regex-spaces': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-escape': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unnecessary-type-arguments': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { varsIgnorePattern: '^_', argsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // A port answers promises whether or not the adapter has to wait.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'CallExpression[callee.object.name=/^(log|logger)$/][callee.property.name=/^(trace|debug|info|warn|error|fatal)$/] > TemplateLiteral[expressions.length>0]',
          message: 'Log messages are static, so that they group; data goes in fields.',
        },
        { selector: 'ExportAllDeclaration', message: 'Import from the file that owns it.' },
      ],
    },
  },
  {
    // Arguments, environment and exit codes are handed in by main.ts; the kit holds what it hands them over with.
    files: ['packages/{watcher,fixer}/src/**/*.ts'],
    ignores: ['packages/*/src/main.ts', 'packages/fixer/src/adapters/process/**', ...tests],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'process', message: 'Only main.ts touches process: take it as an argument.' },
      ],
    },
  },
  {
    files: [`packages/*/src/${core}/**/*.ts`],
    ignores: tests,
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'process', message: 'Only main.ts touches process: take it as an argument.' },
        ...['setTimeout', 'setInterval', 'setImmediate', 'performance'].map((name) => ({
          name,
          message: clockMessage,
        })),
        { name: 'fetch', message: 'The outside is reached through a port.' },
      ],
      'no-restricted-imports': [
        'error',
        { name: 'node:module', allowImportNames: ['isBuiltin'], message: 'Loading code is for adapters.' },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: clockMessage },
        { object: 'Math', property: 'random', message: 'Chance is an argument here: take `random`.' },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: clockMessage },
        { selector: 'ExportAllDeclaration', message: 'Import from the file that owns it.' },
      ],
    },
  },
  {
    files: ['scripts/**', '.ci/**', ...tests],
    rules: { 'no-console': 'off' },
  },
  {
    files: tests,
    rules: {
      // Doubles and parsed answers are loosely typed; what they hold is what the test asserts.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
