import type { Logger } from '@pw/cache-models';
import { type Sweepable, TtlManager } from './ttl-manager.ts';

/**
 * Sweeps a cache every `cleanupInterval` seconds until it is stopped, or nobody holds the cache any more: its timer holds it weakly, so
 * that a forgotten cache is collected, with its files and database.
 */
export function startSweeping(cache: Sweepable, cleanupInterval: number, logger: Logger): TtlManager {
  const ref = new WeakRef(cache);
  const sweep = async (): Promise<number> => {
    const target = ref.deref();
    if (target === undefined) manager.stop();
    return target?.cleanupExpired() ?? 0;
  };
  const manager = new TtlManager({ cleanupExpired: sweep }, { cleanupInterval, logger });
  manager.start();
  return manager;
}
