import { CheckList } from './check-list.ts';
import { withCheckArea } from './packed/check-area.ts';
import { installProject } from './packed/install-project.ts';
import { packPackages } from './packed/pack-packages.ts';
import { fetchOrThrow, runOrThrow } from './run-command.ts';

// The oldest version that the packages' `engines` allow, and the newest version of every release line.
const NODE_VERSIONS = ['22.12.0', '22', '24', '26'];

// Runs the smoke programs on packed packages, on every supported Node.js version.
await withCheckArea(async (area) => {
  const list = new CheckList();
  const tarballs = await packPackages(area);
  const names = Object.keys(tarballs);
  const folder = await installProject(area, 'every-package', tarballs, names);
  for (const version of NODE_VERSIONS) {
    await list.check(`Node.js ${version}`, async () => {
      const node = await nodeBinary(version, area);
      for (const program of ['esm.mjs', 'commonjs.cjs']) await runOrThrow(node, [program, ...names], folder);
    });
  }
  list.finish('compatibility');
});

/** The path of a Node.js binary of a version, fetched if necessary. */
async function nodeBinary(version: string, cwd: string): Promise<string> {
  const report = 'console.log(JSON.stringify({ path: process.execPath, version: process.version }))';
  const output = await fetchOrThrow('npx', ['-y', '-p', `node@${version}`, 'node', '-e', report], cwd);
  const node = JSON.parse(output.slice(output.lastIndexOf('{"path"'))) as { path: string; version: string };
  if (!node.version.startsWith(`v${version}`)) throw new Error(`expected Node.js ${version}, got ${node.version}`);
  return node.path;
}
