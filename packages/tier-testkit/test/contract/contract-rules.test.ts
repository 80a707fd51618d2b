import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CONTRACT_RULES } from '../../src/index.ts';

const page = readFileSync(new URL('../../../../docs/extend/contract.md', import.meta.url), 'utf8');

it('finds every sentence of the contract, and no other, on the page for authors', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows).toEqual(Object.entries(CONTRACT_RULES).map(([name, sentence]) => `| \`${name}\` | ${sentence} |`));
});
