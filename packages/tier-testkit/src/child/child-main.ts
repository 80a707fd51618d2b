import type { TierModule } from '../subject/tier-module.ts';
import { CHILD_COMMANDS } from './child-commands.ts';
import type { ChildOrders } from './child-orders.ts';
import { ChildWork } from './child-work.ts';
import { report } from './report.ts';

// Loads the module under test as its users do, runs one command, and ends once nothing keeps the process alive.
const orders = JSON.parse(process.argv[2]!) as ChildOrders;
const run = CHILD_COMMANDS.get(orders.command);
if (run === undefined) throw new Error(`unknown command ${orders.command}`);
const work = new ChildWork((await import(orders.module)) as TierModule, orders);
report('ready');
await run(work);
