import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CONTRACT_RULES } from '../../src/index.ts';

const page = readFileSync(new URL('../../../../docs/extend/contract.md', import.meta.url), 'utf8');

it('lists exactly the sentences of the contract on the page for tier authors', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows).toEqual(Object.entries(CONTRACT_RULES).map(([name, sentence]) => `| \`${name}\` | ${sentence} |`));
});
