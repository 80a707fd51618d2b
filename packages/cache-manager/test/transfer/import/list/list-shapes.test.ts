import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { warmFromFile } from '../../../../src/transfer/import/index.ts';
import { LIST_SHAPES } from '../../../support/import-shapes/list-shapes.ts';
import { MapTarget } from '../../../support/import-target.ts';

describe('a form of a list line', () => {
  it.each(LIST_SHAPES)('$title', async ({ content, loads, problems = [] }) => {
    const path = join(makeTempDir(onTestFinished), 'list.txt');
    writeFileSync(path, `${content}\n`);
    const target = new MapTarget();
    const result = await warmFromFile(target, path);
    const found = [...target.map.values()].map(({ proxyUrl, username, password, labels }) => ({
      url: proxyUrl,
      username: username?.reveal(),
      password: password?.reveal(),
      labels: { ...labels },
    }));
    expect(found).toEqual(
      loads.map(({ url, username, password, labels = {} }) => ({ url, username, password, labels })),
    );
    expect(result.problems.map(({ reason }) => reason)).toEqual(problems);
  });
});
