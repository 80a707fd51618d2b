import type { CallGroup } from '../nonsense-spec.ts';

export const tierRedis: readonly CallGroup[] = [];
