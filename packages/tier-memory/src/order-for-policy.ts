import { EvictionPolicy } from '@pw/cache-models';
import type { CellTable } from './cell-table.ts';
import type { EvictionOrder } from './eviction-order.ts';
import { FifoOrder } from './fifo-order.ts';
import { LfuOrder } from './lfu-order.ts';
import { LruOrder } from './lru-order.ts';

/** The eviction order of a policy, over an empty table. */
export function orderForPolicy(policy: EvictionPolicy, table: CellTable): EvictionOrder {
  if (policy === EvictionPolicy.LRU) return new LruOrder(table);
  if (policy === EvictionPolicy.LFU) return new LfuOrder(table);
  return new FifoOrder(table);
}
