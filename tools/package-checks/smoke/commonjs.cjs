const assert = require('node:assert/strict');
const { roundTrip } = require('./round-trip.mjs');

// A CommonJS program: `require` loads every package named on the command line, and the cache works.
for (const name of process.argv.slice(2)) {
  assert.ok(Object.keys(require(name)).length > 0, `${name} exports nothing`);
}
roundTrip(require).catch((error) => {
  process.exitCode = 1;
  console.error(error);
});
