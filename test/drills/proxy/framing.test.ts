import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFramer, type Framed, zeroEnded } from './framing.ts';

function message(type: string, payload: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, 'latin1');
  header.writeInt32BE(4 + payload.length, 1);
  return Buffer.concat([header, payload]);
}

const wanted = (type: string) => ({ Q: 64, C: 8, Z: 0 })[type];

function pushAll(chunks: Buffer[]) {
  const framer = createFramer(wanted);
  const framed: Framed[] = chunks.map((chunk) => framer.push(chunk));
  let before = 0;
  const messages = framed.flatMap(({ bytes, messages }) => {
    const here = messages.map(({ type, at, sizeBytes, payload }) => ({
      type,
      at: before + at,
      sizeBytes,
      payload: payload.toString('hex'),
    }));
    before += bytes.length;
    return here;
  });
  return { bytes: Buffer.concat(framed.map(({ bytes }) => bytes)), messages };
}

function chop(bytes: Buffer, sizes: number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, n = 0; at < bytes.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe('the framer', () => {
  it('gives the same bytes and sees the same messages however the stream is cut', () => {
    const messages = fc.array(
      fc
        .tuple(fc.constantFrom('Q', 'C', 'Z', 'D', 'S'), fc.uint8Array({ maxLength: 200 }))
        .map(([type, payload]) => message(type, Buffer.from(payload))),
      { minLength: 1, maxLength: 12 },
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(messages, sizes, (all, cuts) => {
        const bytes = Buffer.concat(all);
        const whole = pushAll([bytes]);
        expect(whole.bytes.equals(bytes)).toBe(true);
        expect(whole.messages.length).toBe(
          all.filter((one) => /[QCZ]/.test(String.fromCharCode(one[0] ?? 0))).length,
        );
        const pieces = pushAll(chop(bytes, cuts));
        expect(pieces.bytes.equals(bytes)).toBe(true);
        expect(pieces.messages).toEqual(whole.messages);
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it('lets a large message stream through as it is, without waiting and without copying', () => {
    const framer = createFramer(wanted);
    const bytes = message('Q', Buffer.alloc(1_000_000, 'x'));
    const chunks = chop(bytes, [65_536]);
    for (const chunk of chunks) {
      const framed = framer.push(chunk);
      expect(framed.bytes.buffer).toBe(bytes.buffer);
      expect(framed.bytes.length).toBe(chunk.length);
    }
  });

  it('holds back a message until what is asked for is here', () => {
    const framer = createFramer(wanted);
    const bytes = Buffer.concat([message('D', Buffer.from('row')), message('C', Buffer.from('COMMIT\0'))]);
    const begin = framer.push(bytes.subarray(0, bytes.length - 1));
    expect(begin.bytes.length).toBe(8);
    expect(begin.messages).toEqual([]);
    const end = framer.push(bytes.subarray(-1));
    expect(end.bytes.length).toBe(12);
    expect(end.messages).toMatchObject([{ type: 'C', at: 0, sizeBytes: 12 }]);
  });

  it('refuses what cannot be the protocol', () => {
    const framer = createFramer(wanted);
    expect(() => framer.push(Buffer.from('GET / HTTP/1.1\r\n\r\n').fill(0, 1, 5))).toThrow(
      'impossible length',
    );
  });
});

it('reads texts that end with a zero byte, also one that was cut off', () => {
  expect(zeroEnded(Buffer.from('one\0two\0three\0'), 2)).toEqual(['one', 'two']);
  expect(zeroEnded(Buffer.from('\0select 1'), 2)).toEqual(['', 'select 1']);
});
