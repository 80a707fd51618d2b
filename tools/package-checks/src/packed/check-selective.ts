import type { CheckList } from '../check-list.ts';
import { runOrThrow } from '../run-command.ts';
import { publicPackages, readWorkspace } from '../workspace.ts';
import { checkTypes } from './check-types.ts';
import { installedPackages, installProject } from './install-project.ts';
import type { Tarballs } from './pack-packages.ts';

const CHOSEN = ['@pw/cache-manager', '@pw/cache-models', '@pw/tier-memory'];

/**
 * Checks that a program with only the memory tier works and installs no other tier, and that an error names the package
 * that has to be installed for another tier.
 */
export async function checkSelective(list: CheckList, tarballs: Tarballs, area: string): Promise<void> {
  let folder = '';
  await list.check('memory tier alone: npm install', async () => {
    folder = await installProject(area, 'memory-alone', tarballs, CHOSEN);
  });
  if (folder === '') return;
  await list.check('memory tier alone: no part of other tiers is installed', () => {
    const installed = installedPackages(folder);
    const unwanted = foreignPackages().filter((name) => installed.includes(name));
    if (unwanted.length > 0) throw new Error(`installed: ${unwanted.join(', ')}`);
    const lost = CHOSEN.filter((name) => !installed.includes(name));
    if (lost.length > 0) throw new Error(`not installed: ${lost.join(', ')}`);
  });
  await list.check('memory tier alone: works, and names the missing package', () =>
    runOrThrow(process.execPath, ['memory-alone.mjs'], folder),
  );
  await list.check('memory tier alone: TypeScript', () => checkTypes(folder, CHOSEN));
}

/** All workspace packages that were not chosen, and dependencies that only they have. */
function foreignPackages(): string[] {
  const needed = (chosen: boolean) =>
    publicPackages()
      .filter(({ name }) => CHOSEN.includes(name) === chosen)
      .flatMap(({ manifest }) => Object.keys(manifest.dependencies ?? {}));
  const own = new Set([...CHOSEN, ...needed(true)]);
  const others = [...readWorkspace().map(({ name }) => name), ...needed(false)];
  return [...new Set(others)].filter((name) => !own.has(name));
}
