import tseslint from 'typescript-eslint';

// Biome does the linting. ESLint finds what needs the compiler's types: promises that are not awaited, and spreads of
// class instances, which lose private state (the counts of an entry).
/** The rule as it is, apart from spreads of strings, which Biome judges. */
const spread = tseslint.plugin.rules['no-misused-spread'];
const spreadOfInstances = {
  ...spread,
  create: (context) => {
    const report = (found) => found.messageId !== 'noStringSpread' && context.report(found);
    return spread.create(Object.create(context, { report: { value: report } }));
  },
};

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/fixtures/**', 'examples/third-party-tier/**'] },
  {
    files: ['{packages,tools,examples}/*/{src,test}/**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@typescript-eslint': tseslint.plugin, pw: { rules: { 'no-misused-spread': spreadOfInstances } } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'off',
      // Statistics have no private state.
      'pw/no-misused-spread': ['error', { allow: [{ from: 'file', name: 'TierStatistics' }] }],
    },
  },
);
