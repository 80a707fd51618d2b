import type { CacheEntry } from '@pw/cache-models';
import type { AccessUpdate } from '@pw/cache-models/tier';
import { addAccesses, FaultTier } from './fault-tier.ts';

type Operation = 'put' | 'get' | 'delete' | 'clear' | 'cleanup' | 'recordAccess';

/** An asynchronous tier over a Map, with a `hook` that runs before each operation and may wait or throw. */
export class HookTier extends FaultTier {
  hook: (operation: Operation, key?: string) => unknown = () => {};
  protected override async doGet(key: string) {
    await this.hook('get', key);
    return super.doGet(key);
  }
  protected override async doPut(key: string, entry: CacheEntry) {
    await this.hook('put', key);
    return super.doPut(key, entry);
  }
  protected override async doDelete(key: string) {
    await this.hook('delete', key);
    return super.doDelete(key);
  }
  protected override async doClear() {
    await this.hook('clear');
    return super.doClear();
  }
  protected override async doCleanupExpired(now: number) {
    await this.hook('cleanup');
    return super.doCleanupExpired(now);
  }
  protected override async doRecordAccess(updates: readonly AccessUpdate[]) {
    await this.hook('recordAccess');
    return addAccesses(this.store, updates);
  }
}
