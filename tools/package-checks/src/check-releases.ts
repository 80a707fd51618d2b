import { CheckList } from './check-list.ts';
import { changesetText, pendingChangesets, planRelease, type ReleasePlan } from './releases/release-plan.ts';
import { publicPackages, type WorkspacePackage } from './workspace.ts';

// Plans releases as `changeset version` would: a minor release of each package alone, then that of the pending
// changesets.
const list = new CheckList();
for (const changed of publicPackages()) {
  await list.check(`minor of ${changed.name} alone`, async () => {
    const plan = await planRelease([changesetText('minor', changed.name)]);
    expectPlan(plan, expectedPlan(changed.name));
    console.log(`        ${describe(plan)}`);
  });
}
await list.check('the pending changesets', async () => {
  const pending = pendingChangesets();
  const plan = pending.length === 0 ? {} : await planRelease(pending);
  const majors = Object.keys(plan).filter((name) => plan[name] === 'major');
  if (majors.length > 0) throw new Error(`major releases before 1.0 is decided: ${majors.join(', ')}`);
  console.log(`        ${describe(plan)}`);
});
list.finish('releases');

/**
 * A minor release of the package itself, and patch releases of its dependents: their range `^0.1.0` excludes 0.2.0, so
 * without one they could not be installed beside it. Peer ranges are wide on purpose and include 0.2.0.
 */
function expectedPlan(changed: string): ReleasePlan {
  const dependents = publicPackages().filter((other) => dependsOn(other, changed));
  return { [changed]: 'minor', ...Object.fromEntries(dependents.map(({ name }) => [name, 'patch'])) };
}

function dependsOn({ manifest }: WorkspacePackage, name: string): boolean {
  return manifest.dependencies?.[name] !== undefined;
}

function expectPlan(plan: ReleasePlan, expected: ReleasePlan): void {
  if (describe(plan) !== describe(expected))
    throw new Error(`expected ${describe(expected)}\nplanned  ${describe(plan)}`);
}

function describe(plan: ReleasePlan): string {
  const rows = Object.entries(plan).map(([name, bump]) => `${name} ${bump}`);
  return rows.length === 0 ? 'nothing' : rows.sort().join(', ');
}
