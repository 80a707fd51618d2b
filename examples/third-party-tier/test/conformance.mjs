import { testTier } from '@pw/tier-testkit/node-test';
import * as fastCheck from 'fast-check';

await testTier('NodeSqliteTier', { module: new URL('./make-tier.mjs', import.meta.url), fastCheck });
