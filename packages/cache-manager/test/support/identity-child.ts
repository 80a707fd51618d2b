import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { CredentialEncryptor } from '@pw/cache-crypto';
import { type CredentialCipher, silentLogger } from '@pw/cache-models';

// Imports a list with keys that cover the password, and prints the keys. `step` names the moment at which the process
// is killed: when the identity key is `sealed`, `written` (to a temporary file), `linked` (into place) or `stored`.
const [kind, directory, list, key, step = 'none'] = process.argv.slice(2) as [string, string, string, string, string?];

function end(at: string): void {
  if (at === step) process.kill(process.pid, 'SIGKILL');
}

const { fsyncSync, linkSync } = fs;
let isMaking = false;
fs.fsyncSync = (fd) => {
  fsyncSync(fd);
  if (isMaking) end('written');
};
fs.linkSync = (from, to) => {
  linkSync(from, to);
  if (isMaking) end('linked');
};
syncBuiltinESMExports();

const { CacheManager } = await import('../../src/index.ts');
const { JsonlCacheTier } = await import('@pw/tier-jsonl');
const { SqliteCacheTier } = await import('@pw/tier-sqlite');
const encryptor = new CredentialEncryptor({ key, env: {} });
const cipher: CredentialCipher = {
  encrypt: (secret, binding) => {
    const token = encryptor.encrypt(secret, binding);
    if (binding?.role === 'identity-key') {
      isMaking = true;
      end('sealed');
    }
    return token;
  },
  decrypt: (token, binding) => encryptor.decrypt(token, binding),
  stateOf: (token, binding) => encryptor.stateOf(token, binding),
};
const cache = await CacheManager.open({
  tiers: [
    (context) =>
      kind === 'jsonl'
        ? new JsonlCacheTier({ ...context, directory })
        : new SqliteCacheTier({ ...context, path: `${directory}/cache.db` }),
  ],
  cipher,
  logger: { ...silentLogger, info: () => end('stored') },
});
// Waits until the other processes are ready too.
process.stdout.write('ready\n');
if (step === 'none') await new Promise((resolve) => process.stdin.once('data', resolve));
const result = await cache.warmFromFile(list, { keyIdentity: 'url+credentials' });
process.stdout.write(`${JSON.stringify({ loaded: result.loaded, keys: (await cache.keys()).sort() })}\n`);
await cache.close();
process.exit(0);
