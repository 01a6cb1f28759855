import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { serveImapClient } from './imapSession.ts';
import type { ImapSessionOptions } from './imapConnection.ts';

export type ImapOptions = Pick<ImapSessionOptions, 'store' | 'auth'> & { port: number };

/** IMAP4rev1 over plain TCP with one mailbox, INBOX, that holds every mail and is read-only. */
export async function listenForImap(options: ImapOptions): Promise<{ port: number; stop(): Promise<void> }> {
  const { store, auth } = options;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => void sockets.delete(socket));
    void serveImapClient({ store, auth, socket });
  });
  await new Promise<void>((ready, failed) => {
    server.once('error', failed);
    server.listen(options.port, '127.0.0.1', ready);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((closed) => {
        server.close(() => closed());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
