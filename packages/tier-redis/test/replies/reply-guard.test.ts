import * as fastCheck from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_RECORD_BYTES, MAX_REPLY_BYTES, MAX_REPLY_DEPTH, MAX_REPLY_MEMBERS } from '../../src/limits.ts';
import { ReplyGuard } from '../../src/replies/reply-guard.ts';

const faultIn = (text: string) => new ReplyGuard().faultIn(Buffer.from(text));
const textOf = (value: string) => `$${Buffer.byteLength(value)}\r\n${value}\r\n`;

/** Replies of every type, nested in each other. */
const replies = fastCheck.letrec<{ answer: string }>((tie) => ({
  answer: fastCheck.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fastCheck.constantFrom(
      '_\r\n',
      '#t\r\n',
      ':-12\r\n',
      ',1.5e9\r\n',
      '(123\r\n',
      '+OK\r\n',
      '-ERR no\r\n',
      '$-1\r\n',
      '*-1\r\n',
    ),
    fastCheck.string({ unit: 'binary' }).map(textOf),
    fastCheck.string({ unit: 'binary' }).map((value) => textOf(`txt:${value}`).replace('$', '=')),
    fastCheck
      .tuple(fastCheck.constantFrom('*', '~', '>'), fastCheck.array(tie('answer'), { maxLength: 4 }))
      .map(([type, items]) => `${type}${items.length}\r\n${items.join('')}`),
    fastCheck
      .array(fastCheck.tuple(tie('answer'), tie('answer')), { maxLength: 3 })
      .map((pairs) => `%${pairs.length}\r\n${pairs.flat().join('')}`),
  ),
})).answer;

describe('ReplyGuard', () => {
  it('accepts every valid reply, however it is split into chunks', () => {
    const property = fastCheck.property(
      fastCheck.array(replies, { maxLength: 5 }),
      fastCheck.array(fastCheck.nat(40), { minLength: 1, maxLength: 20 }),
      (all, cuts) => {
        const bytes = Buffer.from(all.join(''));
        const guard = new ReplyGuard();
        for (let at = 0, cut = 0; at < bytes.length; cut++) {
          const end = at + 1 + cuts[cut % cuts.length]!;
          expect(guard.faultIn(bytes.subarray(at, end))).toBeUndefined();
          at = end;
        }
        // The guard must be between two replies now, where this byte is invalid. Inside a string it would be accepted.
        expect(guard.faultIn(Buffer.from('?'))).toBe('ERR_REPLY_MALFORMED');
      },
    );
    fastCheck.assert(property, { numRuns: 500 });
  });

  it('finds the same fault however a reply is split into chunks', () => {
    const property = fastCheck.property(fastCheck.string({ unit: 'binary' }), replies, (garbage, answer) => {
      const bytes = Buffer.from(`${answer}${garbage}`);
      const guard = new ReplyGuard();
      let fault: string | undefined;
      for (const byte of bytes) fault ??= guard.faultIn(Uint8Array.of(byte));
      expect(fault).toBe(new ReplyGuard().faultIn(bytes));
    });
    fastCheck.assert(property, { numRuns: 500 });
  });

  it('refuses an announcement beyond the limits before any content arrives', () => {
    expect(faultIn(`$${MAX_RECORD_BYTES}\r\n`)).toBeUndefined();
    expect(faultIn(`$${MAX_RECORD_BYTES + 1}\r\n`)).toBe('ERR_REPLY_TOO_LONG');
    expect(faultIn('$999999999999\r\n')).toBe('ERR_REPLY_TOO_LONG');
    expect(faultIn(`*${MAX_REPLY_MEMBERS}\r\n`)).toBeUndefined();
    for (const type of ['*', '~', '>', '%'])
      expect(faultIn(`${type}${MAX_REPLY_MEMBERS + 1}\r\n`)).toBe('ERR_REPLY_TOO_LONG');
    expect(faultIn(`%${MAX_REPLY_MEMBERS / 2 + 1}\r\n`)).toBe('ERR_REPLY_TOO_LONG');
    expect(faultIn(`*2\r\n*${MAX_REPLY_MEMBERS}\r\n`)).toBe('ERR_REPLY_TOO_LONG');
    expect(faultIn(`$${'9'.repeat(400)}`)).toBe('ERR_REPLY_TOO_LONG');
    expect(faultIn('*1\r\n'.repeat(MAX_REPLY_DEPTH))).toBeUndefined();
    expect(faultIn('*1\r\n'.repeat(MAX_REPLY_DEPTH + 1))).toBe('ERR_REPLY_TOO_DEEP');
  });

  it('adds up the totals of one reply and resets them for the next', () => {
    const large = `$${MAX_RECORD_BYTES}\r\n${'x'.repeat(MAX_RECORD_BYTES)}\r\n`;
    const most = MAX_REPLY_BYTES / MAX_RECORD_BYTES;
    const guard = new ReplyGuard();
    for (let i = 0; i < 2 * most; i++) expect(guard.faultIn(Buffer.from(large))).toBeUndefined();
    expect(guard.faultIn(Buffer.from(`*${most + 1}\r\n`))).toBeUndefined();
    const faults = Array.from({ length: most + 1 }, () => guard.faultIn(Buffer.from(large)));
    expect(faults.indexOf('ERR_REPLY_TOO_LONG')).toBe(most);
  });

  it('refuses endless lines', () => {
    for (const type of ['-ERR ', '+', ':', '(', ','])
      expect(faultIn(`${type}${'1'.repeat(70_000)}`)).toBe('ERR_REPLY_TOO_LONG');
  });

  it('refuses bytes that are not a reply', () => {
    for (const text of [
      'HTTP/1.1 400',
      'x',
      '\r\n',
      '$x\r\n',
      '$\r\n',
      '*-2\r\n',
      '$-5\r\n',
      '$1-\r\n',
      '+OK\rx',
      '*1\r\nx',
      '|1\r\n',
    ])
      expect(faultIn(text), JSON.stringify(text)).toBe('ERR_REPLY_MALFORMED');
  });
});
