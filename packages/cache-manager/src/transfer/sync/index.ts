export { syncFrom } from './sync-from.ts';
export type { SyncOptions, SyncProgress, SyncRows } from './sync-options.ts';
export type { SyncCounts, SyncRefusal, SyncRefusalReason, SyncResult } from './sync-result.ts';
export { SYNC_REFUSALS } from './sync-result.ts';
