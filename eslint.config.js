import tseslint from 'typescript-eslint';

/** Time and randomness are arguments (base/clock.ts): these globals have one owner each. */
const timeAndChance = [
  { object: 'Date', property: 'now', message: 'Time is an argument: use Clock from base/clock.ts.' },
  { object: 'performance', property: 'now', message: 'Time is an argument: use Clock from base/clock.ts.' },
  { object: 'Math', property: 'random', message: 'Randomness is an argument or node:crypto.' },
];
const timers = ['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
  name,
  message: 'Timers are an argument: use Clock from base/clock.ts.',
}));

export default tseslint.config(
  {
    ignores: [
      'node_modules',
      'data',
      'dist',
      '.test-reports',
      '.dependency-cruiser.cjs',
      'eslint.config.js',
      'src/latchkey.js',
      'docker/healthcheck.mjs',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: false,
        project: ['./tsconfig.json', './src/web/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'no-restricted-properties': ['error', ...timeAndChance],
      'no-restricted-globals': ['error', ...timers],
      complexity: ['error', 16],
      'max-params': ['error', 4],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/unified-signatures': 'off',
      // A parameter that names the contract between two processes (base/child.ts) is used once and still says something.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
    },
  },
  {
    files: ['test/**'],
    rules: {
      'no-restricted-properties': 'off',
      'no-restricted-globals': 'off',
      'max-params': 'off',
      // Builders of messages with a default for everything count each default as a branch.
      complexity: 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
