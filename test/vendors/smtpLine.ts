import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** What becomes of the connections that are opened from now on. */
export interface SmtpRoute {
  port: number;
  /** `cuts_*`: before or after the server has the final dot. `hangs_after`: its answer never comes through. */
  line: 'passes' | 'cuts_before' | 'cuts_after' | 'hangs_after';
}

export interface SmtpLine {
  port: number;
  route(route: SmtpRoute): void;
  stop(): Promise<void>;
}

/** A line to a mail server on this machine that breaks where it is told to. */
export async function startSmtpLine(first: SmtpRoute): Promise<SmtpLine> {
  let route = first;
  const sockets = new Set<Socket>();
  const listener = createServer((near) => {
    const far = connect(route.port, '127.0.0.1');
    join(near, far, route.line);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
  });
  await new Promise<void>((ready) => listener.listen(0, '127.0.0.1', ready));
  return {
    port: (listener.address() as AddressInfo).port,
    route: (next) => {
      route = next;
    },
    stop: () =>
      new Promise((closed) => {
        listener.close(() => closed());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function join(near: Socket, far: Socket, line: SmtpRoute['line']): void {
  let tail = '';
  let isOver = false;
  const cut = () => {
    near.resetAndDestroy();
    far.destroy();
  };
  near.on('error', () => far.destroy());
  far.on('error', () => near.destroy());
  near.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString('latin1')).slice(-5);
    // Only the end of a message looks like this: within it a dot at the beginning of a line is doubled.
    isOver ||= tail === '\r\n.\r\n';
    if (isOver && line === 'cuts_before') cut();
    else far.write(chunk);
  });
  far.on('data', (chunk: Buffer) => {
    if (isOver && line === 'cuts_after') cut();
    else if (!isOver || line === 'passes') near.write(chunk);
  });
  near.once('end', () => far.end());
  far.once('end', () => near.end());
}
