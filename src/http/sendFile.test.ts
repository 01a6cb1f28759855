import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { buildHttpServer } from '../../test/builders/httpServer.ts';

const sizeBytes = 50_000_000;
let stop: (() => Promise<void>) | undefined;
afterEach(() => stop?.());

describe('a download that its reader breaks off', () => {
  it('is read no further, lets go of the file, and has not sent what was never taken', async () => {
    const seen = { readBytes: 0, closed: 0, ended: [] as number[] };
    async function* chunks(): AsyncGenerator<Uint8Array> {
      while (seen.readBytes < sizeBytes) {
        seen.readBytes += 50_000;
        yield new Uint8Array(50_000);
      }
    }
    const { server } = buildHttpServer({
      followLink: async () => ({
        kind: 'file',
        file: {
          fileName: 'Book.pdf',
          contentType: 'application/pdf',
          sizeBytes,
          entityTag: '"book"',
          begin: async () => ({
            kind: 'begun',
            chunks: chunks(),
            close: () => void (seen.closed += 1),
            end: async (sentBytes) => void seen.ended.push(sentBytes),
          }),
        },
      }),
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    stop = () => server.close();
    const { port } = server.server.address() as { port: number };
    // Takes the first bytes and reads no more, so that only buffers fill.
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /d/token HTTP/1.1\r\nhost: x\r\n\r\n'));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    await vi.waitFor(() => expect(seen.readBytes).toBeGreaterThan(50_000));
    socket.destroy();
    await vi.waitFor(() => expect(seen.ended).toHaveLength(1));
    await vi.waitFor(() => expect(seen.closed).toBe(1));
    expect(seen.ended[0]).toBeGreaterThan(0);
    expect(seen.ended[0]).toBeLessThanOrEqual(seen.readBytes);
    expect(seen.readBytes).toBeLessThan(sizeBytes / 2);
  });
});
