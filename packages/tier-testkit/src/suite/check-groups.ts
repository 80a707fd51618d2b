import { accesses } from '../checks/access.ts';
import { aliasing } from '../checks/aliasing.ts';
import { wrongArguments } from '../checks/arguments.ts';
import { basics } from '../checks/basics.ts';
import { batches } from '../checks/batches.ts';
import { binding } from '../checks/binding.ts';
import { capacity } from '../checks/capacity.ts';
import { changes } from '../checks/changes.ts';
import type { CheckGroup } from '../checks/check.ts';
import { concurrency } from '../checks/concurrency.ts';
import { counts } from '../checks/counts.ts';
import { credentials } from '../checks/credentials.ts';
import { expiry } from '../checks/expiry.ts';
import { failures } from '../checks/failures.ts';
import { fields } from '../checks/fields.ts';
import { getNow } from '../checks/get-now.ts';
import { health } from '../checks/health.ts';
import { hostileKeys } from '../checks/hostile-keys.ts';
import { hostileValues } from '../checks/hostile-values.ts';
import { labels } from '../checks/labels.ts';
import { leaks } from '../checks/leaks.ts';
import { leases } from '../checks/leases.ts';
import { lifecycle } from '../checks/lifecycle.ts';
import { logs } from '../checks/log.ts';
import { marks } from '../checks/marks.ts';
import { model } from '../checks/model.ts';
import { ordered } from '../checks/ordered.ts';
import { persistent } from '../checks/persistent.ts';
import { policies } from '../checks/policies.ts';
import { processExit } from '../checks/process-exit.ts';
import { query } from '../checks/query.ts';
import { reseal } from '../checks/reseal.ts';
import { shape } from '../checks/shape.ts';
import { shared } from '../checks/shared.ts';
import { sideValues } from '../checks/side-values.ts';
import { statistics } from '../checks/statistics.ts';
import { updates } from '../checks/update.ts';

/** The whole contract, ordered so that the first failure explains those that follow from it. */
export const CHECK_GROUPS: readonly CheckGroup[] = [
  basics,
  expiry,
  shape,
  fields,
  labels,
  hostileKeys,
  hostileValues,
  lifecycle,
  failures,
  batches,
  getNow,
  wrongArguments,
  capacity,
  policies,
  concurrency,
  model,
  aliasing,
  credentials,
  binding,
  reseal,
  sideValues,
  leases,
  changes,
  updates,
  logs,
  marks,
  persistent,
  shared,
  processExit,
  leaks,
  ordered,
  query,
  health,
  accesses,
  counts,
  statistics,
];
