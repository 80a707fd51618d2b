import { join } from 'node:path';
import { readJson } from '../workspace.ts';
import { trackedFiles } from './tracked-files.ts';

/** Folders that may contain more files than others, each with the reason. */
const LARGE_FOLDERS = readJson<Readonly<Record<string, string>>>(join(import.meta.dirname, 'large-folders.json'));

/** The most files in a folder, so that a reader can take in their names at a glance; READMEs are not counted. */
export const MOST_FILES = 16;

const SOURCE_FOLDER = /^(?:packages|tools|examples)\/[^/]+\/(?:src|test)(?:\/|$)/;
const NEEDS_README = /^packages\/[^/]+\/src\//;

/**
 * One line for each folder of source with too many files, and each sub-folder of a package's `src` without a README.
 */
export function findFolderProblems(
  root: string,
  largeFolders: Readonly<Record<string, string>> = LARGE_FOLDERS,
): string[] {
  const folders = filesByFolder(trackedFiles(root));
  const tooLarge = [...folders].flatMap(([folder, files]) => {
    const count = files.filter((file) => file !== 'README.md').length;
    if (count <= MOST_FILES || largeFolders[folder] !== undefined) return [];
    return [`${folder}: ${count} files, at most ${MOST_FILES}; sort them into sub-folders by role`];
  });
  const unexplained = [...folders].flatMap(([folder, files]) =>
    NEEDS_README.test(folder) && !files.includes('README.md')
      ? [`${folder}: no README.md; state in one to five lines what belongs here, what does not, and where to start`]
      : [],
  );
  const stale = Object.keys(largeFolders).flatMap((folder) =>
    (folders.get(folder)?.length ?? 0) <= MOST_FILES
      ? [`${folder}: excepted in large-folders.json, but not large; remove the exception`]
      : [],
  );
  return [...tooLarge, ...unexplained, ...stale].sort();
}

/** The names of the files in each folder of source; a folder with sub-folders only is listed too. */
function filesByFolder(files: readonly string[]): Map<string, string[]> {
  const folders = new Map<string, string[]>();
  for (const file of files) {
    const parts = file.split('/');
    const name = parts.pop()!;
    for (let depth = 3; depth <= parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/');
      if (!SOURCE_FOLDER.test(folder) || folder.includes('/fixtures')) continue;
      const names = folders.get(folder) ?? [];
      folders.set(folder, depth === parts.length ? [...names, name] : names);
    }
  }
  return folders;
}
