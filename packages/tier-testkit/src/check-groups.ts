import { basics } from './checks/basics.ts';
import { expiry } from './checks/expiry.ts';
import type { CheckGroup } from './conformance-test.ts';

/** The whole contract, in the order in which a broken part explains the ones that follow. */
export const CHECK_GROUPS: readonly CheckGroup[] = [basics, expiry];
