import { generateCacheKey } from '@pw/cache-models';
import { isText, maybe, must, objectOf } from '../accepts.ts';
import { type CallGroup, defineGroup } from '../nonsense-spec.ts';

export const cacheModels: readonly CallGroup[] = [
  defineGroup({
    name: 'functions of cache-models',
    open: () => undefined,
    calls: [
      {
        name: 'generateCacheKey',
        parameters: [must('url', isText), maybe('options', objectOf('username'), [maybe('username', isText)])],
        right: () => ['http://h.example:8080', {}],
        call: (_, ...args) => (generateCacheKey as (...args: readonly unknown[]) => unknown)(...args),
      },
    ],
  }),
];
