import { expectTypeOf } from 'vitest';
import {
  type CachePlaces,
  CredentialEncryptor,
  type CredentialEncryptorOptions,
  createMultiFernet,
  type Environment,
  type FernetOptions,
  type ForeignTokens,
  type OpenOptions,
  rotateKey,
} from '../../src/index.ts';

expectTypeOf<keyof OpenOptions>().toEqualTypeOf<'ttlSeconds'>();
expectTypeOf<OpenOptions['ttlSeconds']>().toEqualTypeOf<number | null | undefined>();
expectTypeOf<keyof FernetOptions>().toEqualTypeOf<'clock'>();
expectTypeOf<{ clock: number }>().not.toExtend<FernetOptions>();
expectTypeOf<ForeignTokens>().toEqualTypeOf<'accept' | 'refuse'>();
expectTypeOf<CredentialEncryptorOptions['cachePlaces']>().toEqualTypeOf<CachePlaces | undefined>();
expectTypeOf<{ directories: string }>().not.toExtend<CachePlaces>();

// The environment of the process is one.
expectTypeOf<NodeJS.ProcessEnv>().toExtend<Environment>();
expectTypeOf(createMultiFernet).parameter(0).toEqualTypeOf<Environment | undefined>();
expectTypeOf(rotateKey).parameter(1).toEqualTypeOf<Environment | undefined>();

// @ts-expect-error: one options object
new CredentialEncryptor({}, { env: {} });
