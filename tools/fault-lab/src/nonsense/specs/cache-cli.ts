import { PassThrough } from 'node:stream';
import { run } from '@pw/cache-cli';
import { having, isText, listOf, maybe, must, objectOf } from '../accepts.ts';
import { callOf } from '../calling.ts';
import { type Call, type CallGroup, defineGroup } from '../nonsense-spec.ts';

const isStream = having('write', 'on', 'off', 'once');
const io = must('io', objectOf('stdout', 'stderr', 'env', 'signal', 'clock'), [
  must('stdout', isStream),
  must('stderr', isStream),
  must('env', objectOf('nonsense', 'inside', 'itself')),
  maybe('signal', () => false),
  maybe('clock', having('now')),
]);
const rightIo = () => ({ stdout: new PassThrough().resume(), stderr: new PassThrough().resume(), env: {} });
const one: Call<unknown>['call'] = (_, argument, given) => run([argument as string], given as never);

export const cacheCli: readonly CallGroup[] = [
  defineGroup<unknown>({
    name: 'cache-cli',
    open: () => undefined,
    calls: [
      {
        name: 'run',
        parameters: [must('argv', listOf(isText)), io],
        right: () => [['--version'], rightIo()],
        call: callOf(run),
        isAsync: true,
      },
      {
        name: 'run',
        parameters: [must('argv', isText), io],
        right: () => ['--help', rightIo()],
        call: one,
        isAsync: true,
      },
    ],
  }),
];
