import type { Scenario } from './run/scenario.ts';
import * as agreementGet from './scenarios/agreement-get.ts';
import * as agreementOpen from './scenarios/agreement-open.ts';
import * as agreementWrite from './scenarios/agreement-write.ts';
import * as cryptoMove from './scenarios/crypto-move.ts';
import * as cryptoSealOpen from './scenarios/crypto-seal-open.ts';
import * as diskBatch from './scenarios/disk-batch.ts';
import * as diskOne from './scenarios/disk-one.ts';
import * as growthDisk from './scenarios/growth-disk.ts';
import * as hitRate from './scenarios/hit-rate.ts';
import * as hostileInput from './scenarios/hostile-input.ts';
import * as jsonlGet from './scenarios/jsonl-get.ts';
import * as jsonlKeyMemory from './scenarios/jsonl-key-memory.ts';
import * as jsonlOpenAndCleanup from './scenarios/jsonl-open-and-cleanup.ts';
import * as jsonlPut from './scenarios/jsonl-put.ts';
import * as jsonlReference from './scenarios/jsonl-reference.ts';
import * as managerAllocation from './scenarios/manager-allocation.ts';
import * as managerGet from './scenarios/manager-get.ts';
import * as managerImport from './scenarios/manager-import.ts';
import * as managerLoopDelay from './scenarios/manager-loop-delay.ts';
import * as managerMiss from './scenarios/manager-miss.ts';
import * as managerParse from './scenarios/manager-parse.ts';
import * as managerPut from './scenarios/manager-put.ts';
import * as memoryFootprint from './scenarios/memory-footprint.ts';
import * as memoryGet from './scenarios/memory-get.ts';
import * as memoryGrowth from './scenarios/memory-growth.ts';
import * as memoryHotKey from './scenarios/memory-hot-key.ts';
import * as memoryPut from './scenarios/memory-put.ts';
import * as redis from './scenarios/redis.ts';
import * as sqliteGet from './scenarios/sqlite-get.ts';
import * as sqliteOpenAndCleanup from './scenarios/sqlite-open-and-cleanup.ts';
import * as sqlitePut from './scenarios/sqlite-put.ts';
import * as sqliteQueryLabels from './scenarios/sqlite-query-labels.ts';
import * as sqliteSecureDelete from './scenarios/sqlite-secure-delete.ts';

/** Every scenario, in the order of the report. */
export const scenarios: readonly Scenario[] = [
  memoryGet,
  memoryHotKey,
  memoryPut,
  memoryFootprint,
  memoryGrowth,
  hitRate,
  managerGet,
  managerMiss,
  managerPut,
  managerAllocation,
  managerParse,
  managerImport,
  managerLoopDelay,
  agreementGet,
  agreementWrite,
  agreementOpen,
  diskOne,
  diskBatch,
  jsonlGet,
  jsonlPut,
  jsonlOpenAndCleanup,
  jsonlKeyMemory,
  jsonlReference,
  sqliteGet,
  sqlitePut,
  sqliteQueryLabels,
  sqliteSecureDelete,
  sqliteOpenAndCleanup,
  redis,
  growthDisk,
  hostileInput,
  cryptoSealOpen,
  cryptoMove,
].flatMap((file) => Object.values<Scenario | readonly Scenario[]>(file).flat());
