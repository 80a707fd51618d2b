import { describe, expect, it } from 'vitest';
import { findFolderProblems, MOST_FILES } from '../../src/source/folders.ts';
import { plantRepository } from './planted-repository.ts';

const filesIn = (folder: string, count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${folder}/file-${n}.ts`, '']));
const README = { 'packages/a/src/role/README.md': 'What lives here.\n' };

describe('findFolderProblems', () => {
  it('finds nothing in a folder that is full', () => {
    const root = plantRepository({ ...filesIn('packages/a/src/role', MOST_FILES), ...README });
    expect(findFolderProblems(root, {})).toEqual([]);
  });

  it.each(['packages/a/src', 'packages/a/test/role', 'tools/a/src/role', 'examples/a/src'])(
    'names %s, which contains one file too many',
    (folder) => {
      const [problem, ...others] = findFolderProblems(plantRepository(filesIn(folder, MOST_FILES + 1)), {});
      expect(problem).toContain(`${folder}: ${MOST_FILES + 1} files, at most ${MOST_FILES}`);
      expect(others).toEqual([]);
    },
  );

  it('allows a large folder that is excepted', () => {
    const root = plantRepository(filesIn('tools/a/src', MOST_FILES + 1));
    expect(findFolderProblems(root, { 'tools/a/src': 'a list of similar files' })).toEqual([]);
  });

  it('names an exception that is not needed', () => {
    const root = plantRepository(filesIn('tools/a/src', MOST_FILES));
    expect(findFolderProblems(root, { 'tools/a/src': 'once large' })).toEqual([
      expect.stringContaining('remove the exception'),
    ]);
  });

  it('names sub-folders of a package that have no README, also those with sub-folders only', () => {
    const root = plantRepository({ 'packages/a/src/role/part/file.ts': '', 'tools/a/src/role/file.ts': '' });
    expect(findFolderProblems(root, {})).toEqual([
      expect.stringMatching(/^packages\/a\/src\/role\/part: no README/),
      expect.stringMatching(/^packages\/a\/src\/role: no README/),
    ]);
  });
});
