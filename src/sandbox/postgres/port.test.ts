import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { choosePort } from './port.ts';

let directory: string;
let occupier: Server | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'port-test-'));
});

afterEach(async () => {
  occupier?.close();
  await rm(directory, { recursive: true });
});

async function occupy(port: number): Promise<void> {
  occupier = createServer().listen(port, '127.0.0.1');
  await once(occupier, 'listening');
}

describe('the port of Postgres', () => {
  it('stays the same from one start to the next', async () => {
    const port = await choosePort(directory, undefined);
    expect(await choosePort(directory, undefined)).toBe(port);
  });

  it('is another, kept from then on, when that of last time is taken', async () => {
    const before = await choosePort(directory, undefined);
    await occupy(before);
    const port = await choosePort(directory, undefined);
    expect(port).not.toBe(before);
    expect(await choosePort(directory, undefined)).toBe(port);
  });

  it('is a free one when what was kept makes no sense', async () => {
    await writeFile(join(directory, 'port'), '99999999');
    expect(await choosePort(directory, undefined)).toBeLessThan(65_536);
  });

  it('is the wanted one or an error that names it', async () => {
    const port = await choosePort(directory, undefined);
    expect(await choosePort(directory, port)).toBe(port);
    await occupy(port);
    await expect(choosePort(directory, port)).rejects.toThrow(`Port ${port} of 127.0.0.1`);
  });
});
