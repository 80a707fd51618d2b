import tseslint from 'typescript-eslint';

// Biome does the linting. ESLint finds what needs the compiler's types: promises that are not awaited, and spreads of
// class instances, which lose private state (the counts of an entry).
export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/fixtures/**', 'examples/third-party-tier/**'] },
  {
    files: ['{packages,tools,examples}/*/{src,test}/**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'off',
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string', 'TierStatistics'] }],
    },
  },
);
