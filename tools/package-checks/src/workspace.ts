import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | { readonly types?: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface WorkspacePackage {
  readonly name: string;
  /** Path from the workspace's root. */
  readonly folder: string;
  readonly manifest: Manifest;
}

export const workspaceRoot = fileURLToPath(new URL('../../..', import.meta.url));

// Programs that represent another repository: built on tarballs, not part of the workspace.
const OUTSIDE = new Set(['examples/third-party-tier']);

/** Every workspace package: the published ones (`packages`), tools and examples. */
export function readWorkspace(root = workspaceRoot): WorkspacePackage[] {
  return ['packages', 'tools', 'examples'].flatMap((group) =>
    readdirSync(join(root, group))
      .map((name) => `${group}/${name}`)
      .filter((folder) => !OUTSIDE.has(folder) && existsSync(join(root, folder, 'package.json')))
      .sort()
      .map((folder) => {
        const manifest = readJson<Manifest>(join(root, folder, 'package.json'));
        return { name: manifest.name, folder, manifest };
      }),
  );
}

/** The published packages. */
export function publicPackages(root = workspaceRoot): WorkspacePackage[] {
  return readWorkspace(root).filter(({ manifest }) => manifest.private !== true);
}

/** An entry of a published package, such as `@pw/cache-models/tier`. */
export interface PackageEntry {
  /** As programs import it. */
  readonly name: string;
  /** Path of its declarations from the folder of the package. */
  readonly types: string;
}

/** The entries of a package that programs import. */
export function entriesOf({ name, exports = {} }: Pick<Manifest, 'name' | 'exports'>): PackageEntry[] {
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string' || target.types === undefined
      ? []
      : [{ name: `${name}${path.slice(1)}`, types: target.types }],
  );
}

/** The entries of all published packages, each with the absolute path of its declarations. */
export function publicEntries(root = workspaceRoot): PackageEntry[] {
  return publicPackages(root).flatMap(({ manifest, folder }) =>
    entriesOf(manifest).map(({ name, types }) => ({ name, types: join(root, folder, types) })),
  );
}

export function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}
