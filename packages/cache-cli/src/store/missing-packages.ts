import { errorCode } from '@pw/cache-models/tier';

/** Packages that opening a cache on disk loads. */
const PACKAGES = ['@pw/cache-crypto', '@pw/tier-memory', '@pw/tier-jsonl', '@pw/tier-sqlite'];

/** The missing package, if that is why an import failed. */
export function missingPackage(error: unknown): string | undefined {
  if (errorCode(error) !== 'ERR_MODULE_NOT_FOUND') return undefined;
  return /^Cannot find package '([^']+)'/.exec((error as Error).message)?.[1];
}

/** All packages missing from this installation, including those that `message` names. */
export function missingPackages(message: string): string[] {
  const named = message.match(/@pw\/[a-z-]+/g) ?? [];
  return [...new Set([...named, ...PACKAGES.filter((name) => !isInstalled(name))])];
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}
