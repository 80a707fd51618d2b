import { CheckList } from './check-list.ts';
import { withCheckArea } from './packed/check-area.ts';
import { checkInstalled } from './packed/check-installed.ts';
import { checkSelective } from './packed/check-selective.ts';
import { checkTarball } from './packed/check-tarball.ts';
import { checkThirdParty } from './packed/check-third-party.ts';
import { packPackages } from './packed/pack-packages.ts';

// Packs every public package, lints the tarballs, and installs and runs them outside the workspace.
await withCheckArea(async (area) => {
  const list = new CheckList();
  const tarballs = await packPackages(area);
  for (const [name, tarball] of Object.entries(tarballs)) await checkTarball(list, name, tarball, area);
  await checkInstalled(list, tarballs, area);
  await checkSelective(list, tarballs, area);
  await checkThirdParty(list, tarballs, area);
  list.finish('packages');
});
