import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { z } from 'zod';
import { quietPort } from '../../sandbox/quietPort.ts';

/** Where the parts of the sandbox listen by choice. */
const wanted = {
  shop: 4000,
  api: 4001,
  inbox: 4002,
  identity: 4003,
  stripe: 4004,
  analytics: 4005,
  resend: 4006,
  smtp: 4025,
  imap: 4143,
};

export type SandboxPort = keyof typeof wanted;
export type SandboxPorts = Record<SandboxPort, number>;

const names = Object.keys(wanted) as SandboxPort[];
const portsSchema = z.record(
  z.enum(names as [SandboxPort, ...SandboxPort[]]),
  z.number().int().min(1).max(65_535),
);

/**
 * A free port for each part. Those of the last start come first, because links in mails that were sent carry them;
 * then the wanted ones; where somebody else listens, any free one.
 *
 * @param anyPorts skips the wanted ones, for a stack that must not meet another
 */
export async function choosePorts(
  dataDirectory: string,
  anyPorts: boolean,
): Promise<{ ports: SandboxPorts; moved: SandboxPort[] }> {
  const file = path.join(dataDirectory, 'ports.json');
  const last = await readLast(file);
  const taken = new Set<number>();
  const moved: SandboxPort[] = [];
  const ports = { ...wanted };
  for (const name of names) {
    const elsewhere = Array.from({ length: 20 }, quietPort);
    const candidates = [last?.[name], ...(anyPorts ? [] : [wanted[name]]), ...elsewhere, 0];
    ports[name] = await firstFree(
      candidates.filter((port) => port !== undefined && !taken.has(port)) as number[],
    );
    taken.add(ports[name]);
    if (!anyPorts && ports[name] !== (last?.[name] ?? wanted[name])) moved.push(name);
  }
  await writeFile(file, `${JSON.stringify(ports, null, 2)}\n`);
  return { ports, moved };
}

async function readLast(file: string): Promise<Partial<SandboxPorts> | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return portsSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function firstFree(candidates: number[]): Promise<number> {
  for (const candidate of candidates) {
    const port = await tryPort(candidate);
    if (port !== undefined) return port;
  }
  throw new Error('No free port was found on 127.0.0.1.');
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      const chosen = typeof address === 'object' && address ? address.port : undefined;
      probe.close(() => resolve(chosen));
    });
  });
}
