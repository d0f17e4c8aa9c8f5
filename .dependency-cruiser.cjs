/** Who may import whom. The five folders are the architecture; this file enforces it. */
const testFiles = '\\.test\\.tsx?$|/testing/';
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'histories-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^histories/', pathNot: testFiles },
      to: { path: '^(model|nemesis|checkers|runs)/' },
    },
    {
      name: 'kernel-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^model/kernel/', pathNot: testFiles },
      to: { path: '^(model/(?!kernel/)|nemesis|checkers|histories|runs)/?' },
    },
    {
      name: 'model-imports-only-model',
      severity: 'error',
      from: { path: '^model/', pathNot: testFiles },
      to: { path: '^(nemesis|checkers|histories|runs)/' },
    },
    {
      name: 'checkers-import-histories',
      severity: 'error',
      from: { path: '^checkers/', pathNot: [testFiles, '^checkers/kafka/invariants/'] },
      to: { path: '^(model|nemesis|runs)/' },
    },
    {
      name: 'invariants-see-only-the-views',
      severity: 'error',
      from: { path: '^checkers/kafka/invariants/', pathNot: testFiles },
      to: { path: '^(model|nemesis|runs)/', pathNot: '^model/kafka/views\\.ts$' },
    },
    {
      name: 'invariants-import-views-as-types',
      severity: 'error',
      from: { path: '^checkers/kafka/invariants/', pathNot: testFiles },
      to: { path: '^model/kafka/views\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nemesis-knows-no-kafka',
      severity: 'error',
      from: { path: '^nemesis/', pathNot: testFiles },
      to: { path: '^(model/kafka|checkers|histories|runs)/' },
    },
    {
      name: 'nothing-imports-runs',
      severity: 'error',
      from: { pathNot: ['^runs/', testFiles] },
      to: { path: '^runs/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|node_modules)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.mjs'] },
  },
};
