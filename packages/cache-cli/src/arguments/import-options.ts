import type { KeyIdentity, ProxyFileFormat, WarmOptions } from '@pw/cache-manager';
import type { ProxyScheme } from '@pw/cache-models';
import type { GlobalOptions } from '../cli-context.ts';
import type { GivenLabels } from './label-options.ts';

/** The options of every command that reads a list. */
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

/** As the library takes them. */
export function importOptions({ ttl, format, scheme, bareNames, keyIdentity, label }: ListOptions): WarmOptions {
  return { ttlOverride: ttl, format, defaultScheme: scheme, bareNames, keyIdentity, labels: label };
}
