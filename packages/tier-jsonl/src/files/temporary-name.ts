import { randomBytes } from 'node:crypto';

/** `shard_NN.jsonl.pw-….tmp`: the middle part distinguishes it from temporary files of ProxyWhirl. */
export function temporaryName(path: string): string {
  return `${path}.pw-${randomBytes(6).toString('hex')}.tmp`;
}

const TEMPORARY = /\.(pw-[0-9a-f]{12}\.tmp|lock\.[0-9a-f]{12})$/;

/** True for a name that {@link temporaryName} made, or for the name of a folder that was meant to become a lock. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}
