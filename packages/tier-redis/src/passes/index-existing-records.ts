import type { RedisStore } from '../records/redis-store.ts';
import { CHECK_INDEX, INDEX } from '../records/scripts.ts';
import { wholeNumber } from '../replies/reply-parsers.ts';

/** Indexes the records of a bounded namespace that were stored while it had no bound or another policy. */
export async function indexExistingRecords(store: RedisStore, policy: string): Promise<void> {
  const { names, index } = store;
  if (index === undefined) return;
  const pass = store.pass();
  await pass.step(() => store.run(CHECK_INDEX, index, [], wholeNumber));
  const fixed = [policy, names.prefix('e')];
  for await (const page of store.scan('e', pass)) {
    const keys = page.map((name) => names.keyOf(name));
    await pass.step(() => store.run(INDEX, index, [...fixed, ...keys], wholeNumber));
  }
}
