import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: ['**/dist/**', '**/coverage/**', '**/node_modules/**', '.nx/**', '.leadstream/**', '**/*.mjs', '**/*.cjs'],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', ignoreRestSiblings: true, ignoreUsingDeclarations: true },
      ],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: false, skipComments: false }],
      'max-lines': ['error', { max: 450, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'CallExpression[callee.object.name=/^(describe|it|test)$/][callee.property.name=/^(only|skip|todo)$/]',
          message: 'A focused or skipped test proves nothing.',
        },
      ],
    },
  },
  {
    files: ['apps/console/web/**/*.{ts,tsx}'],
    languageOptions: {
      parserOptions: { project: './apps/console/web/tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
  },
  {
    // The pure part: time, randomness and ids arrive as arguments.
    files: ['libs/lead/src/**/*.ts', 'libs/sequences/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        'process',
        'setTimeout',
        'setInterval',
        'fetch',
        'crypto',
        'console',
        'performance',
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now' },
        { object: 'Math', property: 'random' },
        { object: 'Temporal', property: 'Now' },
      ],
    },
  },
  {
    files: ['apps/**/*.ts', 'libs/**/*.ts'],
    ignores: ['**/*.spec.ts', 'libs/service/src/config.ts', 'libs/testing/**', 'apps/*/src/main.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only loadConfig reads the environment.' },
      ],
    },
  },
  // A catalogue, a fold of each event, a table: as long as what they list.
  {
    files: [
      'libs/contracts/src/events.ts',
      'libs/lead/src/evolve.ts',
      'libs/service/src/metrics.ts',
      '**/*.data.ts',
      'tests/simulation/mutants.ts',
    ],
    rules: { 'max-lines': 'off' },
  },
  // Scenarios and one list of violations: each is a sequence that is read from top to bottom.
  {
    files: [
      'tests/bench/projector.ts',
      'tests/chaos/races/race.ts',
      'tests/chaos/run.ts',
      'tests/e2e/restore/scenario.ts',
      'tests/simulation/restored.ts',
    ],
    rules: { 'max-lines-per-function': ['error', { max: 70, skipBlankLines: false, skipComments: false }] },
  },
  {
    files: ['**/*.spec.ts', 'tests/e2e/**/*.ts'],
    rules: { 'max-lines': ['error', 800], '@typescript-eslint/require-await': 'off' },
  },
  { files: ['**/*.spec.ts'], rules: { 'max-lines-per-function': 'off' } },
);
