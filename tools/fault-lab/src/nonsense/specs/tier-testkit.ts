import { ConformanceError, conformanceTests, declareTests } from '@pw/tier-testkit';
import * as fastCheck from 'fast-check';
import { having, isAnything, isText, listOf, maybe, must, objectOf, oneOf, wholeFrom } from '../accepts.ts';
import { passingOn } from '../callers-own.ts';
import { callOf, constructorOf } from '../calling.ts';
import { type CallGroup, defineGroup, type Parameter } from '../nonsense-spec.ts';
import { numberFrom } from './in-folder.ts';

const MEMORY = new URL('../../../../../packages/tier-memory/test/support/make-tier.ts', import.meta.url);

const members: readonly Parameter[] = [
  must('module', () => false),
  must('fastCheck', having('check', 'asyncProperty')),
  maybe('execArgv', listOf(isText)),
  maybe('deadlineMs', numberFrom(1, 2 ** 31 - 1)),
  ...['runs', 'cycles', 'kills'].map((name) => maybe(name, wholeFrom(1))),
];
const subject = must('subject', objectOf(...members.map(({ name }) => name)), members);
const rightSubject = () => ({ module: MEMORY, fastCheck });
const runner = must('runner', objectOf('describe', 'it'), [
  must('describe', (value) => typeof value === 'function'),
  must('it', (value) => typeof value === 'function'),
]);

export const tierTestkit: readonly CallGroup[] = [
  defineGroup<unknown>({
    name: 'tier-testkit',
    open: () => undefined,
    calls: [
      {
        name: 'conformanceTests',
        parameters: [subject],
        right: () => [rightSubject()],
        call: callOf(conformanceTests),
        isAsync: true,
      },
      {
        name: 'declareTests',
        parameters: [runner, must('name', isText), subject],
        right: () => [{ describe: () => undefined, it: () => undefined }, 'a tier', rightSubject()],
        call: passingOn(callOf(declareTests)),
        isAsync: true,
      },
      {
        name: 'ConformanceError',
        parameters: [
          must('failing', objectOf('what', 'expected', 'received', 'rule', 'cause'), [
            must('what', isText),
            maybe('expected', isAnything),
            maybe('received', isAnything),
            must('rule', oneOf('shape')),
            maybe('cause', isAnything),
          ]),
        ],
        right: () => [{ what: 'get("a")', expected: 1, received: 2, rule: 'shape' }],
        call: constructorOf(ConformanceError),
        refusal: 'config',
      },
      {
        name: 'ConformanceError#toString',
        parameters: [],
        right: () => [],
        call: () => new ConformanceError({ what: 'get("a")', expected: 1, received: 2, rule: 'shape' }).toString(),
      },
    ],
  }),
];
