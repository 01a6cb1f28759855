import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** `hangs`: whoever is connected waits for ever, and whoever comes as well. */
export type LineMood = 'passes' | 'cut' | 'hangs';

/** A line to a server that can be cut, or go dead. */
export async function startTcpLine(target: { host: string; port: number }) {
  let mood: LineMood = 'passes';
  const ends = new Set<Socket>();
  const server = createServer((near) => {
    if (mood === 'cut') return void near.destroy();
    const far = connect(target);
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(end);
      end.on('data', (bytes) => void (mood === 'passes' && other.write(bytes)));
      end.on('error', () => undefined);
      end.on('close', () => {
        ends.delete(end);
        other.destroy();
      });
    }
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const cut = () => ends.forEach((end) => end.destroy());
  return {
    port: (server.address() as AddressInfo).port,
    be(next: LineMood): void {
      // What was lost on a dead line is not told later as if nothing had been.
      if (next === 'cut' || mood === 'hangs') cut();
      mood = next;
    },
    async stop(): Promise<void> {
      cut();
      await new Promise((closed) => server.close(closed));
    },
  };
}
