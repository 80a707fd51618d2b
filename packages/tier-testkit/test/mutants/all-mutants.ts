import { aliasingMutants, statisticsMutants } from './aliasing.ts';
import { basicsMutants } from './basics.ts';
import { argumentMutants, batchMutants } from './batches.ts';
import { capacityMutants } from './capacity.ts';
import { changeMutants } from './changes.ts';
import { claimMutants } from './claims.ts';
import { concurrencyMutants } from './concurrency.ts';
import { countMutants } from './counts.ts';
import { credentialMutants } from './credentials.ts';
import { expiryMutants } from './expiry.ts';
import { failureMutants } from './failures.ts';
import { getNowMutants } from './get-now.ts';
import { healthMutants } from './health.ts';
import { keyMutants } from './keys.ts';
import { labelQueryMutants } from './label-queries.ts';
import { labelMutants } from './labels.ts';
import { leakMutants } from './leaks.ts';
import { leaseMutants } from './leases.ts';
import { lifecycleMutants } from './lifecycle.ts';
import { logMutants } from './logs.ts';
import { markUpdateMutants } from './mark-updates.ts';
import { markMutants } from './marks.ts';
import type { Mutant } from './mutant.ts';
import { persistenceMutants, sharingMutants } from './persistence.ts';
import { resealMutants } from './reseal.ts';
import { sideValueMutants } from './side-values.ts';
import { updateMutants } from './updates.ts';
import { valueMutants } from './values.ts';

/** Every planted bug, by theme. */
export const ALL_MUTANTS: readonly Mutant[] = [
  ...basicsMutants,
  ...expiryMutants,
  ...keyMutants,
  ...valueMutants,
  ...labelMutants,
  ...labelQueryMutants,
  ...batchMutants,
  ...argumentMutants,
  ...capacityMutants,
  ...aliasingMutants,
  ...statisticsMutants,
  ...getNowMutants,
  ...countMutants,
  ...credentialMutants,
  ...resealMutants,
  ...sideValueMutants,
  ...leaseMutants,
  ...changeMutants,
  ...updateMutants,
  ...logMutants,
  ...markMutants,
  ...markUpdateMutants,
  ...failureMutants,
  ...lifecycleMutants,
  ...concurrencyMutants,
  ...claimMutants,
  ...healthMutants,
  ...persistenceMutants,
  ...sharingMutants,
  ...leakMutants,
];
