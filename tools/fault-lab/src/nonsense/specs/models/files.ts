import { closeSync, constants, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  certainIdentity,
  FileGuard,
  hasEnded,
  makePrivateFolders,
  openRegularFile,
  ownIdentity,
  runAtExit,
  syncFolder,
  unsafePath,
} from '@pw/cache-models/tier';
import {
  having,
  isAnything,
  isBoolean,
  isFunction,
  isNumber,
  isText,
  maybe,
  must,
  objectOf,
  oneOf,
  wholeFrom,
} from '../../accepts.ts';
import { constructorOf } from '../../calling.ts';
import { type Call, defineGroup } from '../../nonsense-spec.ts';

const isPath = (value: unknown) => isText(value) && value !== '' && !(value as string).includes('\0');
const path = must('path', isPath);
const what = must('what', isText);
const tier = maybe('tier', isText);

/** Keeps a path inside the folder of the test: a valid path among the invalid values names a file there. */
function inside(folder: string, given: unknown): unknown {
  return isPath(given) && !(given as string).startsWith('/') ? join(folder, given as string) : given;
}

const guardCalls: readonly Call<string>[] = [
  {
    name: 'FileGuard',
    parameters: [
      maybe('options', objectOf('checks', 'logger', 'tier', 'userId'), [
        maybe('checks', oneOf('warn', 'strict', 'off')),
        maybe('logger', having('debug', 'info', 'warn', 'error')),
        tier,
        maybe('userId', wholeFrom(0)),
      ]),
    ],
    right: () => [{}],
    call: (_, ...args) => constructorOf(FileGuard)(undefined, ...args),
    refusal: 'config',
  },
  {
    name: 'FileGuard#checkDirectory',
    parameters: [path],
    right: (folder) => [folder],
    call: (folder, given) => new FileGuard().checkDirectory(inside(folder, given) as string),
    asksSystem: true,
  },
  {
    name: 'FileGuard#checkLinks',
    parameters: [
      { ...path, accepts: isText },
      what,
      must('stats', (value) => having()(value) && 'nlink' in (value as object)),
    ],
    right: (folder) => [folder, 'folder', statSync(folder)],
    call: (_, ...args) => new FileGuard().checkLinks(...(args as Parameters<FileGuard['checkLinks']>)),
  },
];

const fileCalls: readonly Call<string>[] = [
  {
    name: 'makePrivateFolders',
    parameters: [path, maybe('options', objectOf('flush'), [maybe('flush', isBoolean)])],
    right: () => ['made', {}],
    call: (folder, given, options) => makePrivateFolders(inside(folder, given) as string, options as never),
    asksSystem: true,
  },
  {
    name: 'syncFolder',
    parameters: [path],
    right: (folder) => [folder],
    call: (folder, given) => syncFolder(inside(folder, given) as string),
    asksSystem: true,
  },
  {
    name: 'openRegularFile',
    parameters: [
      path,
      must('flags', oneOf(constants.O_RDONLY, constants.O_WRONLY, constants.O_RDWR)),
      must('options', objectOf('what', 'tier', 'maxBytes', 'guard'), [
        what,
        tier,
        maybe('maxBytes', isNumber),
        maybe('guard', having('checkLinks')),
      ]),
    ],
    right: () => ['file', constants.O_RDONLY, { what: 'file' }],
    call: (folder, given, flags, options) =>
      closeSync(openRegularFile(inside(folder, given) as string, flags as number, options as never).fd),
    asksSystem: true,
  },
  {
    name: 'unsafePath',
    parameters: [
      must('found', objectOf('path', 'what', 'problem', 'tier', 'cause'), [
        { ...path, accepts: isText },
        what,
        must('problem', isText),
        tier,
        maybe('cause', isAnything),
      ]),
    ],
    right: () => [{ path: 'file', what: 'file', problem: 'is none' }],
    call: (_, found) => unsafePath(found as never),
  },
];

const processCalls: readonly Call<string>[] = [
  { name: 'ownIdentity', parameters: [], right: () => [], call: ownIdentity },
  { name: 'certainIdentity', parameters: [], right: () => [], call: certainIdentity },
  {
    name: 'hasEnded',
    parameters: [
      must('identity', objectOf('space', 'pid', 'start'), [
        must('space', isText),
        must('pid', wholeFrom(1, 2 ** 31 - 1)),
        must('start', isNumber),
      ]),
    ],
    right: () => [ownIdentity()],
    call: (_, identity) => hasEnded(identity as never),
  },
  {
    name: 'runAtExit',
    parameters: [must('work', isFunction)],
    right: () => [() => undefined],
    call: (_, work) => runAtExit(work as () => void)(),
  },
];

/** Functions that work on files and processes, in a separate folder. */
export const files = defineGroup<string>({
  name: 'files and processes of cache-models',
  open: () => {
    const folder = mkdtempSync(join(tmpdir(), 'pw-nonsense-'));
    writeFileSync(join(folder, 'file'), 'x');
    return folder;
  },
  close: (folder) => rmSync(folder, { recursive: true }),
  calls: [...guardCalls, ...fileCalls, ...processCalls],
});
