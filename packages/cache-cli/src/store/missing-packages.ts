/** What a cache on disk loads when it is opened. */
const PACKAGES = ['@pw/cache-crypto', '@pw/tier-memory', '@pw/tier-jsonl', '@pw/tier-sqlite'];

/** The package that an import failed for want of, or undefined. */
export function missingPackage(error: unknown): string | undefined {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  return /^Cannot find package '([^']+)'/.exec(String(message))?.[1];
}

/** All packages that a complete installation has and this one has not; the ones that `message` names are among them. */
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
