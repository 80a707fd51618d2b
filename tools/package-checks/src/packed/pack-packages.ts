import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOrThrow } from '../run-command.ts';
import { publicPackages, readJson, workspaceRoot } from '../workspace.ts';

/** Tarball paths by package name. */
export type Tarballs = Readonly<Record<string, string>>;

/** Packs every public package as it would be published, once per area. */
export async function packPackages(area: string): Promise<Tarballs> {
  const folder = join(area, 'tarballs');
  const index = join(folder, 'tarballs.json');
  if (existsSync(index)) return readJson<Tarballs>(index);
  mkdirSync(folder, { recursive: true });
  const tarballs: Record<string, string> = {};
  for (const { name, folder: source, manifest } of publicPackages()) {
    await runPnpm(['pack', '--pack-destination', folder], join(workspaceRoot, source));
    const tarball = join(folder, `${name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`);
    if (!existsSync(tarball)) throw new Error(`pnpm pack created no tarball for ${name}`);
    tarballs[name] = tarball;
  }
  writeFileSync(index, JSON.stringify(tarballs, null, 2));
  return tarballs;
}

// pnpm passes its own path to the workspace's scripts as npm_execpath; without it, npx fetches pnpm.
function runPnpm(args: readonly string[], cwd: string): Promise<string> {
  const pnpm = process.env['npm_execpath'];
  if (pnpm === undefined || !/pnpm[^/\\]*$/.test(pnpm)) return runOrThrow('npx', ['-y', 'pnpm@12', ...args], cwd);
  return /\.[cm]?js$/.test(pnpm) ? runOrThrow(process.execPath, [pnpm, ...args], cwd) : runOrThrow(pnpm, args, cwd);
}
