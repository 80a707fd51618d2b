import { MemoryCacheTier } from '@pw/tier-memory';
import { constructorOf } from '../calling.ts';
import type { CallGroup } from '../nonsense-spec.ts';
import { tierGroup, tierOptionsWith } from './tier-calls.ts';

export const tierMemory: readonly CallGroup[] = [
  tierGroup({
    Class: MemoryCacheTier,
    open: () => new MemoryCacheTier(),
    more: [
      {
        name: 'MemoryCacheTier',
        parameters: [tierOptionsWith()],
        right: () => [{ maxEntries: 10 }],
        call: constructorOf(MemoryCacheTier),
        refusal: 'config',
      },
    ],
  }),
];
