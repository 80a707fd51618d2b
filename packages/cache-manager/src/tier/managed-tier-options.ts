import type { Clock, Logger } from '@pw/cache-models';
import type { TierSlot } from './managed-tier.ts';

export interface TierSlotOptions {
  readonly name: string;
  readonly level: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Longest wait for one answer of an asynchronous tier, in milliseconds. */
  readonly timeoutMs: number;
  /** Longest life of an entry in this tier, in milliseconds; none without it. */
  readonly maxTtlMs?: number | undefined;
  readonly onDegraded: (slot: TierSlot) => void;
  readonly onRecovered: (slot: TierSlot) => void;
}
