import assert from 'node:assert/strict';
import * as crypto from '@pw/cache-crypto';
import * as manager from '@pw/cache-manager';
import * as models from '@pw/cache-models';
import * as jsonl from '@pw/tier-jsonl';
import * as memory from '@pw/tier-memory';
import * as sqlite from '@pw/tier-sqlite';
import { roundTrip } from './round-trip.mjs';

// An ES module program: every package named on the command line loads and exports something, and the cache works.
for (const name of process.argv.slice(2)) {
  assert.ok(Object.keys(await import(name)).length > 0, `${name} exports nothing`);
}
const packages = {
  '@pw/cache-crypto': crypto,
  '@pw/cache-manager': manager,
  '@pw/cache-models': models,
  '@pw/tier-jsonl': jsonl,
  '@pw/tier-memory': memory,
  '@pw/tier-sqlite': sqlite,
};
// What only the authors of tiers import is the same code, not a second copy.
const authors = await import('@pw/cache-models/tier');
assert.equal(authors.BaseTier, models.BaseTier);
assert.equal(typeof authors.countAccess, 'function');
await roundTrip((name) => packages[name]);
