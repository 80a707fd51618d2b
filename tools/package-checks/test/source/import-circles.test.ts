import { describe, expect, it } from 'vitest';
import { findImportCircles } from '../../src/source/import-circles.ts';
import { plantRepository } from './planted-repository.ts';

/** The circles of a package with these sources, each as a sorted list of names. */
async function circlesOf(sources: Readonly<Record<string, string>>): Promise<string[][]> {
  const files = Object.entries(sources).map(([name, text]) => [`packages/planted/src/${name}`, text] as const);
  const circles = await findImportCircles(plantRepository(Object.fromEntries(files)));
  return circles.map((circle) => circle.map((file) => file.replace('packages/planted/src/', '')).sort());
}

describe('findImportCircles', () => {
  it.each([
    ['imports', "import { b } from './b.ts';\nexport const a = b;\n"],
    ['type imports', "import type { B } from './b.ts';\nexport type A = B;\n"],
    ['re-exports', "export * from './b.ts';\n"],
    ['dynamic imports', "export const a = () => import('./b.ts');\n"],
  ])('finds a circle of two files through %s', async (_name, text) => {
    const back = text.replaceAll('b', 'a').replaceAll('B', 'A');
    expect(await circlesOf({ 'a.ts': text, 'b.ts': back })).toEqual([['a.ts', 'b.ts']]);
  });

  it('lists a circle of three files in two folders once', async () => {
    const circles = await circlesOf({
      'a.ts': "import './role/b.ts';\n",
      'role/b.ts': "import './c.ts';\n",
      'role/c.ts': "import type {} from '../a.ts';\n",
    });
    expect(circles).toEqual([['a.ts', 'role/b.ts', 'role/c.ts']]);
  });

  it('finds nothing where imports point one way only', async () => {
    expect(
      await circlesOf({ 'a.ts': "import './b.ts';\nimport './c.ts';\n", 'b.ts': "import './c.ts';\n", 'c.ts': '' }),
    ).toEqual([]);
  });
});
