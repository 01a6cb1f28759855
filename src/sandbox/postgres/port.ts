import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { quietPort } from '../quietPort.ts';
import { SandboxError } from '../sandboxError.ts';

/**
 * The port to listen on: the wanted one, else the one of last time if it is free, else any free one. A choice is
 * remembered in `directory`.
 */
export async function choosePort(directory: string, wanted: number | undefined): Promise<number> {
  if (wanted !== undefined) {
    const tried = await bind(wanted);
    if (typeof tried === 'number') return tried;
    throw portUnusable(wanted, tried);
  }
  const path = join(directory, 'port');
  const remembered = Number((await readFile(path, 'utf8').catch(() => '')).trim());
  const port = isPort(remembered) ? await bind(remembered) : undefined;
  if (typeof port === 'number') return port;
  const free = await bindAny();
  await writeFile(path, `${free}\n`);
  return free;
}

async function bindAny(): Promise<number> {
  for (let tries = 0; tries < 20; tries += 1) {
    const quiet = await bind(quietPort());
    if (typeof quiet === 'number') return quiet;
  }
  const any = await bind(0);
  if (typeof any !== 'number') throw portUnusable(0, any);
  return any;
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value < 65_536;
}

export function portUnusable(port: number, reason: string): SandboxError {
  const why = reason === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${reason})`;
  return new SandboxError(
    `Port ${port} of 127.0.0.1, meant for Postgres, ${why}.`,
    `Stop what uses it (lsof -i :${port} names it), or choose another port for Postgres.`,
  );
}

/** The port if it (or, for 0, some port) is free on loopback; else the code of the error. */
function bind(port: number): Promise<number | string> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 'no address'));
    });
  });
}
