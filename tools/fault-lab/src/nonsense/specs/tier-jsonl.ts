import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { either, isNull, maybe, must, objectOf, oneOf, wholeFrom } from '../accepts.ts';
import { constructorOf } from '../calling.ts';
import type { CallGroup } from '../nonsense-spec.ts';
import { Folders, finiteFrom, isPath } from './in-folder.ts';
import { tierGroup, tierOptionsWith } from './tier-calls.ts';

const folders = new Folders();

/** Not opened: a constructor alone creates no folder. */
const options = tierOptionsWith(
  must('directory', isPath),
  maybe('numShards', wholeFrom(1, 1000)),
  maybe('durability', oneOf('normal', 'full')),
  maybe('sideIndexFrom', either(isNull, finiteFrom(1))),
  maybe('directoryChecks', oneOf('warn', 'strict', 'off')),
  maybe('lock', objectOf('staleMs', 'updateMs', 'deadlineMs'), [
    maybe('staleMs', finiteFrom(2000)),
    maybe('updateMs', finiteFrom(1000)),
    maybe('deadlineMs', finiteFrom(0)),
  ]),
);

export const tierJsonl: readonly CallGroup[] = [
  tierGroup({
    Class: JsonlCacheTier,
    parts: ['sideValues', 'changes', 'marks'],
    open: () =>
      folders.open(
        (directory) =>
          new JsonlCacheTier({ directory, cipher: new CredentialEncryptor({ key: generateKey(), env: {} }) }),
      ),
    close: (tier) => folders.close(tier),
    more: [
      {
        name: 'JsonlCacheTier',
        parameters: [{ ...options, accepts: objectOf(...options.members!.map(({ name }) => name)) }],
        right: () => [{ maxEntries: 10, directory: 'nowhere' }],
        call: constructorOf(JsonlCacheTier),
        refusal: 'config',
      },
    ],
  }),
];
