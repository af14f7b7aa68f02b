// Who may import whom. Each rule says in its comment what it protects; test/architecture.test.ts plants a violation of every one.

const stages = {
  watcher: ['tail', 'detect', 'fingerprint', 'settle', 'classify', 'relay', 'probe'],
  fixer: ['ingest', 'queue', 'admit', 'checkout', 'budget', 'repair', 'verify', 'approve', 'publish', 'follow', 'scan'],
};
const anyStage = [...stages.watcher, ...stages.fixer].join('|');
const service = '^packages/(watcher|fixer)/src';
const tests = '[.](test|testkit|conformance)[.]ts$';
const contract = '^packages/contract/src/';
/** The part of the service kit that neither does I/O nor reads a clock. */
const pureKit = '^packages/service-kit/src/(fault|retry)[.]ts$';
/** Of `module` the linter lets `isBuiltin` through alone. */
const pureNode = '^(node:)?(crypto|module|path|path/posix)$';
/** Libraries that compute and do nothing else. */
const pureLibraries = 'node_modules/(re2js|typescript|@jridgewell/trace-mapping)/';

/** Where each third-party product is known by name; everywhere else it is reached through a port. */
const homes = {
  chokidar: '^packages/watcher/src/adapters/files/',
  mongoose: '^packages/fixer/src/adapters/mongo/',
  libsql: '^packages/fixer/src/adapters/sqlite/',
  'simple-git': '^packages/fixer/src/adapters/git/',
  execa: '^packages/fixer/src/adapters/process/',
  'node-telegram-bot-api': '^packages/fixer/src/adapters/telegram/',
  '@octokit': '^packages/fixer/src/adapters/github/',
  '@secretlint': '^packages/fixer/src/adapters/secretlint/',
  axios: '^packages/(watcher|fixer)/src/adapters/[^/]+/',
  express: '^packages/((watcher|fixer)/src/http/|service-kit/src/http-server[.]ts$)',
  pino: '^packages/service-kit/src/logger[.]ts$',
  dotenv: '^packages/service-kit/src/dotenv-file[.]ts$',
  commander: '^packages/((watcher|fixer)/src/(main[.]ts$|cli/)|service-kit/src/)',
};

/** `from` may import nothing but `allowed`. */
function only(name, comment, from, allowed) {
  return { name, comment, severity: 'error', from: { path: from, pathNot: tests }, to: { pathNot: allowed } };
}

/** `from` must not import `to`. */
function never(name, comment, from, to) {
  return { name, comment, severity: 'error', from: { pathNot: tests, ...from }, to };
}

module.exports = {
  forbidden: [
    // One flow, in one direction.
    never(
      'stages-are-strangers',
      'A stage that imports another cannot be tested or moved alone; pipeline.ts alone knows the order.',
      { path: `${service}/(${anyStage})/` },
      { path: `${service}/(${anyStage})/`, pathNot: `^packages/$1/src/$2/` },
    ),
    never('no-cycles', 'In a cycle nothing can be understood first.', { path: '.' }, { circular: true }),

    // Pure core, thin edges.
    only(
      'contract-imports-zod-only',
      'What crosses a wire must mean the same everywhere, the browser included.',
      contract,
      [contract, 'node_modules/zod/'],
    ),
    only('domain-stays-pure', 'The words of the domain depend on nothing that acts.', `${service}/domain/`, [
      '^packages/$1/src/domain/',
      contract,
      pureKit,
      pureNode,
    ]),
    only(
      'job-stays-pure',
      'The rules of a job can be read and tested without the world around it.',
      `${service}/job/`,
      ['^packages/$1/src/(job|domain)/', contract, pureKit, pureNode],
    ),
    only('ports-stay-pure', 'A port says what is needed, never who provides it.', `${service}/ports/`, [
      '^packages/$1/src/(ports|domain)/',
      contract,
    ]),
    only('stages-stay-pure', 'The outside reaches a stage through a port.', `${service}/(${anyStage})/`, [
      `^packages/$1/src/(${anyStage})/`,
      '^packages/$1/src/(domain|job|ports)/',
      contract,
      pureKit,
      pureNode,
      pureLibraries,
      // As a type alone, which the next rule sees to.
      '^packages/service-kit/src/clock[.]ts$',
    ]),
    never(
      'stages-are-given-their-clock',
      'Time that a stage takes for itself cannot be moved by a test.',
      { path: `${service}/(${anyStage})/` },
      { path: '^packages/service-kit/src/clock[.]ts$', dependencyTypesNot: ['type-only'] },
    ),

    // Adapters and the one place that names them.
    never(
      'adapters-are-strangers',
      'An adapter that needs another takes its port.',
      { path: `${service}/adapters/([^/]+)/` },
      { path: `${service}/adapters/`, pathNot: '^packages/$1/src/adapters/$2/' },
    ),
    never(
      'adapters-know-ports-only',
      'An adapter serves a port and knows nothing of who uses it.',
      { path: `${service}/adapters/` },
      {
        pathNot: [
          '^packages/$1/src/(adapters|ports|domain)/',
          contract,
          '^packages/service-kit/src/',
          'node_modules/',
          // Where to go on reading a file, and what a rotated one is, are pure decisions of the stage that this adapter carries out.
          '^packages/watcher/src/tail/',
          // The fixer scans a log with the watcher's own detection and severity table, so that both see the same error.
          '^packages/watcher/src/([^/]+[.]ts$|classify/)',
        ],
        dependencyTypesNot: ['core'],
      },
    ),
    never(
      'compose-alone-names-adapters',
      'One place to read to know what is plugged in where, and to swap it in a test.',
      { path: '^packages/[^/]+/src/', pathNot: [tests, `${service}/(adapters/|compose([.]ts$|/))`] },
      { path: `${service}/adapters/` },
    ),
    ...Object.entries(homes).map(([vendor, home]) =>
      never(
        `one-home-for-${vendor.replace('@', '')}`,
        'A product that is known in one folder can be replaced there.',
        { path: '^packages/', pathNot: [tests, home] },
        { path: `node_modules/${vendor}/` },
      ),
    ),

    // The outer ring.
    never(
      'compose-is-reached-by-entry-points',
      'Whoever imports the composition root can reach everything.',
      { path: '^packages/', pathNot: [tests, `${service}/(main[.]ts$|cli/|compose([.]ts$|/))`] },
      { path: `${service}/compose([.]ts$|/)` },
    ),
    never(
      'nothing-imports-main',
      'An entry point runs when it is imported.',
      { path: '.', pathNot: [] },
      { path: '^packages/[^/]+/src/main[.]ts$' },
    ),
    never(
      'main-alone-touches-process',
      'Arguments, environment and exit codes are handed in, so that every command can be tested in place.',
      // Ending a process group is a call on `process` too.
      {
        path: '^packages/',
        pathNot: [tests, '^packages/[^/]+/src/main[.]ts$', '^packages/fixer/src/adapters/process/'],
      },
      { path: '^(node:)?process$' },
    ),
    never(
      'pipeline-knows-no-edges',
      'The order of the stages holds whatever is plugged in.',
      { path: `${service}/pipeline[^/]*[.]ts$` },
      { path: `${service}/(adapters|http|cli|config)/` },
    ),
    never(
      'http-knows-no-commands',
      'Routes are given what they serve.',
      { path: `${service}/http/` },
      { path: `${service}/(cli|config)/` },
    ),
    only('config-reads-only', 'Configuration is text in, values out.', `${service}/config/`, [
      '^packages/$1/src/(config|domain|job)/',
      // Rules that can be extended by configuration are checked by whoever applies them.
      `^packages/$1/src/(${anyStage})/`,
      contract,
      '^packages/service-kit/src/',
      'node_modules/(zod|yaml|re2js)/',
      '^(node:)?(fs|fs/promises|path|crypto|os|url)$',
    ]),

    // Packages.
    never(
      'services-are-strangers',
      'They run on different machines; what both know lies in the contract.',
      { path: '^packages/(watcher|fixer)/src/', pathNot: [tests, '^packages/fixer/src/adapters/'] },
      { path: '^packages/(watcher|fixer)/src/', pathNot: '^packages/$1/' },
    ),
    never(
      'kit-knows-no-service',
      'Plumbing that knows a service belongs to that service.',
      { path: '^packages/service-kit/src/' },
      { path: '^packages/', pathNot: '^packages/(service-kit|contract)/' },
    ),
    {
      name: 'kit-file-has-two-users',
      comment: 'What has one user belongs to that user: the cure for a dumping ground.',
      severity: 'error',
      from: { path: '^packages/', pathNot: tests },
      module: { path: '^packages/service-kit/src/', pathNot: tests, numberOfDependentsLessThan: 2 },
    },
    only(
      'dashboard-imports-contract-only',
      'The page shows what the interface says, nothing it looked up inside.',
      '^packages/dashboard/src/',
      ['^packages/dashboard/', contract],
    ),
    never(
      'production-code-needs-no-tests',
      'What is shipped must not lean on doubles or test runners.',
      { path: '^packages/' },
      { path: [tests, '^test/', 'node_modules/(vitest|fast-check)/'] },
    ),

    // Names.
    never(
      'no-barrels',
      'A file that only passes on hides who needs what; packages are imported by file.',
      { path: '/index[.]ts$', pathNot: [] },
      { path: '.' },
    ),
    never(
      'no-dumping-grounds',
      'A homeless function belongs to the stage that first needs it.',
      { path: '.', pathNot: [] },
      { path: '/(utils?|helpers?|common|shared|lib|misc)(/|[.]ts$)', pathNot: 'node_modules/' },
    ),

    // Hygiene of the resolver: a dependency that is not understood is a dependency that is not checked.
    never(
      'no-unresolvable',
      'Either it is missing from package.json or this configuration does not see it.',
      { path: '.', pathNot: [] },
      { couldNotResolve: true },
    ),
    never(
      'no-undeclared-package',
      'It works here only because another package happens to install it.',
      { path: '^packages/' },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|fixtures|coverage)/' },
    tsConfig: { fileName: 'tsconfig.base.json' },
    // Imports of types count: they tie files together just as well.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
