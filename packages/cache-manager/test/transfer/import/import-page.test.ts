import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { previewFile } from '../../../src/transfer/import/index.ts';
import { importPage } from '../../support/import-page.ts';
import { DOCUMENTED_NAMES, DOCUMENTED_SHAPES } from '../../support/import-shapes/documented-tables.ts';

const PAGE = join(import.meta.dirname, '../../../../../docs/import.md');

describe('docs/import.md', () => {
  it('is up to date; `pnpm docs:import` regenerates it', async () => {
    expect(readFileSync(PAGE, 'utf8')).toBe(await importPage(DOCUMENTED_SHAPES, DOCUMENTED_NAMES));
  });

  it.each(DOCUMENTED_SHAPES)(
    'shows the real result of $format: $title',
    async ({ format, content, loads, problems = [] }) => {
      const found = await previewFile([Buffer.from(content)], { format, limit: 100 });
      const entries = found.entries.map(({ proxyUrl, username, password, labels }) => ({
        url: proxyUrl,
        username: username?.reveal(),
        password: password?.reveal(),
        labels: { ...labels },
      }));
      expect(entries).toEqual(
        loads.map(({ url, username, password, labels = {} }) => ({ url, username, password, labels })),
      );
      expect(found.problems.map(({ reason }) => reason)).toEqual(problems);
    },
  );

  it.each(DOCUMENTED_NAMES.flatMap(({ field, names }) => (field === 'host' ? names : [])))(
    'lists only names that are read as a host: %s',
    async (name) => {
      const { entries } = await previewFile([Buffer.from(JSON.stringify([{ [name]: '198.18.0.1', port: 8080 }]))]);
      expect(entries.map(({ proxyUrl }) => proxyUrl)).toEqual(['http://198.18.0.1:8080']);
    },
  );
});
