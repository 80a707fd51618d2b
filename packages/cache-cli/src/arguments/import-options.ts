import type { KeyIdentity, ProxyFileFormat, WarmOptions } from '@pw/cache-manager';
import type { ProxyScheme } from '@pw/cache-models';
import type { GlobalOptions } from '../cli-context.ts';
import type { GivenLabels } from './label-options.ts';

/** Options shared by all commands that read a list. */
export interface ListOptions {
  readonly ttl?: number;
  readonly format?: ProxyFileFormat;
  readonly scheme?: ProxyScheme;
  readonly bareNames?: boolean;
  readonly keyIdentity?: KeyIdentity;
  readonly label?: GivenLabels;
}

export interface ImportOptions extends GlobalOptions, ListOptions {
  readonly source?: string;
  readonly dryRun?: boolean;
}

/** Converts the options of a command to those of the library. */
export function importOptions({ ttl, format, scheme, bareNames, keyIdentity, label }: ListOptions): WarmOptions {
  return { ttlOverride: ttl, format, defaultScheme: scheme, bareNames, keyIdentity, labels: label };
}
