import { randomBytes } from 'node:crypto';

/** `shard_NN.jsonl.pw-….tmp`: told from ProxyWhirl's temporary files by its middle part. */
export function temporaryName(path: string): string {
  return `${path}.pw-${randomBytes(6).toString('hex')}.tmp`;
}

const TEMPORARY = /\.pw-[0-9a-f]{12}\.tmp$/;

/** True for a name that {@link temporaryName} gave. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}
