import { expectTypeOf } from 'vitest';
import type { z } from 'zod';
import type { cacheConfigSchema } from '../../src/config/cache-config.ts';
import type { tierConfigSchema } from '../../src/config/tier-config.ts';
import type { inputSchema, patchSchema } from '../../src/entry/cache-entry-input.ts';
import type {
  CacheConfig,
  CacheConfigInput,
  CacheEntryInput,
  CacheEntryPatch,
  CacheTierConfig,
  CacheTierConfigInput,
} from '../../src/index.ts';

/** Without `readonly`, which schemas do not have. */
type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

// An interface that a user reads accepts exactly what its schema accepts.
type Lists = { previousEncryptionKeys?: CacheConfigInput['previousEncryptionKeys'] };
type ConfigOfSchema = Omit<z.input<typeof cacheConfigSchema>, keyof Lists> & Lists;
expectTypeOf<keyof CacheConfigInput>().toEqualTypeOf<keyof z.input<typeof cacheConfigSchema>>();
expectTypeOf<CacheConfigInput>().toExtend<ConfigOfSchema>();
expectTypeOf<ConfigOfSchema>().toExtend<CacheConfigInput>();
expectTypeOf<Writable<CacheTierConfigInput>>().toEqualTypeOf<z.input<typeof tierConfigSchema>>();
expectTypeOf<Writable<CacheEntryInput>>().toEqualTypeOf<z.input<typeof inputSchema>>();
expectTypeOf<Writable<CacheEntryPatch>>().toEqualTypeOf<z.input<typeof patchSchema>>();

// What a schema returns is what the validated types say.
expectTypeOf<keyof CacheConfig>().toEqualTypeOf<keyof z.output<typeof cacheConfigSchema>>();
expectTypeOf<z.output<typeof cacheConfigSchema>>().toExtend<CacheConfig>();
expectTypeOf<Writable<CacheTierConfig>>().toEqualTypeOf<z.output<typeof tierConfigSchema>>();

// Defaults are filled in: only the key file may be absent.
expectTypeOf<CacheConfig['defaultTtlSeconds']>().toEqualTypeOf<number>();
expectTypeOf<CacheConfig['l1Config']>().toEqualTypeOf<CacheTierConfig>();
expectTypeOf<CacheConfig['keyFile']>().toEqualTypeOf<string | undefined>();

// Only the URL is required.
expectTypeOf<{ proxyUrl: string }>().toExtend<CacheEntryInput>();
expectTypeOf<object>().not.toExtend<CacheEntryInput>();
expectTypeOf<{ maxEntries: null }>().toExtend<CacheTierConfigInput>();
