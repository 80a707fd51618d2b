import { CheckList } from './check-list.ts';
import { changesetText, pendingChangesets, planRelease, type ReleasePlan } from './releases/release-plan.ts';
import { publicPackages, type WorkspacePackage } from './workspace.ts';

// What `changeset version` would do: a minor of one package alone, for each in turn, and then the changesets that wait.
const list = new CheckList();
for (const changed of publicPackages()) {
  await list.check(`minor of ${changed.name} alone`, async () => {
    const plan = await planRelease([changesetText('minor', changed.name)]);
    expectPlan(plan, expectedPlan(changed.name));
    console.log(`        ${describe(plan)}`);
  });
}
await list.check('the changesets that wait', async () => {
  const pending = pendingChangesets();
  const plan = pending.length === 0 ? {} : await planRelease(pending);
  const majors = Object.keys(plan).filter((name) => plan[name] === 'major');
  if (majors.length > 0) throw new Error(`major releases before 1.0 is decided: ${majors.join(', ')}`);
  console.log(`        ${describe(plan)}`);
});
list.finish('releases');

/**
 * A package, as minor, and as patches those that a user could not install beside it otherwise: its dependents, whose `^0.1.0`
 * does not admit 0.2.0, and theirs in turn as far as a range is left. A peer range is wide on purpose, and admits it.
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
