import { closeSync, constants, fstatSync, fsync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CacheErrorCode, type CredentialCipher } from '@pw/cache-models';
import { errorCode, resealText, syncFolder } from '@pw/cache-models/tier';
import { listNames } from '../files/list-names.ts';
import { openFile } from '../files/open-file.ts';
import { removeFile } from '../files/remove-file.ts';
import { TemporaryFile } from '../files/temporary-file.ts';
import { isTemporaryName } from '../files/temporary-name.ts';
import { writeFully } from '../files/write-fully.ts';
import { shardOfFileName } from '../layout/shard-of-key.ts';
import { QUARANTINE } from '../quarantine/quarantine.ts';
import { linePieces } from './line-pieces.ts';
import { TokenTrace } from './token-trace.ts';

const { O_RDONLY } = constants;
/** Milliseconds of work before the event loop gets a turn. */
const SLICE_MS = 3;
const NEWLINE = Buffer.from('\n');
/** Bytes that are collected for a write. */
const WRITE_AT = 256 * 1024;

const flush = promisify(fsync);

/** Runs `work` with the lock of a shard held. */
export type RunExclusive = <T>(shard: number, work: (confirmHeld: () => boolean) => Promise<T>) => Promise<T>;

/**
 * Seals the tokens in the quarantine of a directory again, in place, and yields for each file the number of lines with
 * a token for which that failed. A file is rewritten as a whole with the lock of its shard held, as others hold it to
 * append; only tokens change. Throws the system's error.
 */
export async function* resealQuarantine(
  directory: string,
  cipher: CredentialCipher,
  runExclusive: RunExclusive,
): AsyncGenerator<number> {
  const folder = join(directory, QUARANTINE);
  for (const name of listNames(folder).sort()) {
    const path = join(folder, name);
    const ofShard = shardOfFileName(isTemporaryName(name) ? name.slice(0, name.indexOf('.pw-')) : name);
    if (ofShard === undefined) yield (await inspect(path, cipher)).left;
    else if (isTemporaryName(name)) {
      // Left by a crash, as writing such a file needs the lock, which we hold.
      await runExclusive(ofShard, async () => removeFile(path));
    } else {
      const { left, isStale } = await inspect(path, cipher);
      yield isStale ? await runExclusive(ofShard, (confirmHeld) => rewrite(path, cipher, confirmHeld)) : left;
    }
  }
}

/** The number of lines of a file with a token that cannot be sealed again, and whether any can. */
async function inspect(path: string, cipher: CredentialCipher): Promise<{ left: number; isStale: boolean }> {
  const fd = openIfFile(path);
  if (fd === undefined) return { left: 0, isStale: false };
  try {
    return await copyResealed(fd, undefined, cipher);
  } finally {
    closeSync(fd);
  }
}

async function rewrite(path: string, cipher: CredentialCipher, confirmHeld: () => boolean): Promise<number> {
  const source = openIfFile(path);
  if (source === undefined) return 0;
  const target = new TemporaryFile(path);
  try {
    const before = fstatSync(source);
    const { left } = await copyResealed(source, target.fd, cipher);
    await flush(target.fd);
    const now = fstatSync(source);
    if (!confirmHeld() || now.size !== before.size || now.mtimeMs !== before.mtimeMs)
      throw Object.assign(new Error('the lock was lost'), { code: 'EBUSY' });
    target.renameTo(path);
    syncFolder(dirname(path));
    return left;
  } finally {
    closeSync(source);
    target.close();
  }
}

/** Copies a file with its tokens sealed again; without a target it only inspects. */
async function copyResealed(source: number, target: number | undefined, cipher: CredentialCipher) {
  const trace = new TokenTrace();
  let left = 0;
  let isStale = false;
  let pending: Buffer[] = [];
  let size = 0;
  const put = (bytes: Buffer, newline: boolean) => {
    // The buffer of the piece is reused.
    pending.push(Buffer.from(bytes), NEWLINE.subarray(0, Number(newline)));
    size += bytes.length + 1;
    if (size >= WRITE_AT) writeOut();
  };
  const writeOut = () => {
    if (target !== undefined) writeFully(target, Buffer.concat(pending), null);
    pending = [];
    size = 0;
  };
  let end = performance.now() + SLICE_MS;
  for (const { bytes, isWholeLine, endsWithNewline } of linePieces(source)) {
    const line = isWholeLine ? resealText(bytes, cipher) : undefined;
    if (line === undefined) trace.add(bytes);
    isStale ||= line?.bytes !== undefined;
    if (line?.isLeft === true || (endsWithNewline && trace.take())) left++;
    if (target !== undefined) put(line?.bytes ?? bytes, endsWithNewline);
    if (performance.now() < end) continue;
    await nextTurn();
    end = performance.now() + SLICE_MS;
  }
  if (trace.take()) left++;
  writeOut();
  return { left, isStale };
}

/** `undefined` for anything but a regular file: opening a pipe would wait for its other end. */
function openIfFile(path: string): number | undefined {
  try {
    return openFile(path, O_RDONLY);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === CacheErrorCode.UNSAFE_PATH) return undefined;
    throw error;
  }
}

/** The number of lines of any other file that may contain a token; inspecting needs no lock. */
export async function tokenLinesIn(path: string, cipher: CredentialCipher): Promise<number> {
  const { left, isStale } = await inspect(path, cipher);
  return left + Number(isStale);
}
