import { wrongArguments } from './checks/arguments.ts';
import { basics } from './checks/basics.ts';
import { batches } from './checks/batches.ts';
import { capacity } from './checks/capacity.ts';
import { concurrency } from './checks/concurrency.ts';
import { expiry } from './checks/expiry.ts';
import { failures } from './checks/failures.ts';
import { fields } from './checks/fields.ts';
import { hostileKeys } from './checks/hostile-keys.ts';
import { hostileValues } from './checks/hostile-values.ts';
import { lifecycle } from './checks/lifecycle.ts';
import { model } from './checks/model.ts';
import { policies } from './checks/policies.ts';
import { shape } from './checks/shape.ts';
import type { CheckGroup } from './conformance-test.ts';

/** The whole contract, in the order in which a broken part explains the ones that follow. */
export const CHECK_GROUPS: readonly CheckGroup[] = [
  basics,
  expiry,
  shape,
  fields,
  hostileKeys,
  hostileValues,
  lifecycle,
  failures,
  batches,
  wrongArguments,
  capacity,
  policies,
  concurrency,
  model,
];
