import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands between a client and its server, and can let nothing through without telling anybody. */
export async function openTcpGate(target: URL) {
  const sockets = new Set<Socket>();
  const frozen = new Set<Socket>();
  let isShut = false;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => void (isShut || frozen.has(from) || to.write(bytes)));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    /** Nothing comes through any more. */
    shut: () => void (isShut = true),
    /** Nothing comes through on the connections there are; new ones are fine. */
    freeze: () => sockets.forEach((socket) => frozen.add(socket)),
    /** Connections break, and new ones are refused. */
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
