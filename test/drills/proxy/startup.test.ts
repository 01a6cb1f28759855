import { describe, expect, it } from 'vitest';
import { readHello } from './startup.ts';

function packet(code: number, body = ''): Buffer {
  const bytes = Buffer.alloc(8 + Buffer.byteLength(body));
  bytes.writeInt32BE(bytes.length);
  bytes.writeInt32BE(code, 4);
  bytes.write(body, 8);
  return bytes;
}

async function read(chunks: Buffer[]) {
  const answers: string[] = [];
  const iterator = (async function* () {
    for (const chunk of chunks) yield await Promise.resolve(chunk);
  })();
  const hello = await readHello(iterator, (bytes) => answers.push(bytes.toString()));
  return { hello, answers };
}

const ssl = packet(80_877_103);
const gss = packet(80_877_104);
const startup = packet(196_608, 'user\0ann\0database\0shop\0application_name\0drill\0\0');

describe('the first packets', () => {
  it('tell who calls, after each request for encryption was answered N', async () => {
    const { hello, answers } = await read([gss, ssl, startup]);
    expect(answers).toEqual(['N', 'N']);
    expect(hello).toMatchObject({ kind: 'startup', user: 'ann', applicationName: 'drill' });
    expect(hello?.bytes.equals(startup)).toBe(true);
  });

  it('are read however they come, and what follows is kept', async () => {
    const all = Buffer.concat([ssl, startup, Buffer.from('rest')]);
    const { hello } = await read([all]);
    expect(hello?.bytes.equals(startup)).toBe(true);
    expect(hello?.rest.toString()).toBe('rest');
    expect((await read([...all].map((byte) => Buffer.from([byte])))).hello?.applicationName).toBe('drill');
  });

  it('can be a request to cancel, or nothing that is understood', async () => {
    expect((await read([packet(80_877_102, '12345678')])).hello?.kind).toBe('cancel');
    expect((await read([Buffer.from('GET / HTTP/1.1\r\n\r\n')])).hello).toBeUndefined();
    expect((await read([startup.subarray(0, 9)])).hello).toBeUndefined();
  });
});
