import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { warmFromFile } from '../../../../src/transfer/import/index.ts';
import { ROW_SHAPES } from '../../../support/import-shapes/row-shapes.ts';
import { MapTarget } from '../../../support/import-target.ts';

describe('a form of rows', () => {
  it.each(ROW_SHAPES.map((shape) => [`${shape.format}: ${shape.title}`, shape] as const))(
    'loads as documented: %s',
    async (_title, { format, content, loads, problems = [] }) => {
      const path = join(makeTempDir(onTestFinished), `proxies.${format}`);
      writeFileSync(path, content);
      const target = new MapTarget();
      const result = await warmFromFile(target, path);
      const got = [...target.map.values()].map(({ proxyUrl, username, password, labels }) => ({
        url: proxyUrl,
        ...(username === null ? {} : { username: username.reveal() }),
        ...(password === null ? {} : { password: password.reveal() }),
        ...(Object.keys(labels).length === 0 ? {} : { labels: { ...labels } }),
      }));
      expect(got).toEqual(loads);
      expect(result.problems.map(({ reason }) => reason)).toEqual(problems);
    },
  );
});
