import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let home = '';
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'fulfillment-home-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** The real program, with its input closed and nobody before it. `deaf`: whoever reads its output leaves at once. */
function run(
  words: string[],
  { deaf = false, env = {} }: { deaf?: boolean; env?: Record<string, string> } = {},
) {
  return new Promise<Ended>((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/main/cli.ts', ...words], {
      env: { PATH: process.env['PATH'] ?? '', HOME: home, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended: Ended = { code: null, out: '', err: '' };
    if (deaf) child.stdout.destroy();
    else child.stdout.on('data', (bytes: Buffer) => (ended.out += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (ended.err += bytes.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...ended, code }));
  });
}

describe('the command line as a process', () => {
  it('ends quietly when its reader has seen enough', async () => {
    expect(await run(['completion', 'bash'], { deaf: true })).toEqual({ code: 0, out: '', err: '' });
  });

  it('without terminal, sign-in and address says what to do, as a document, and asks for nothing', async () => {
    const ran = await run(['orders', 'retry', 'R-2026/000001', '--json']);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(JSON.parse(ran.err)).toMatchObject({
      schema: 'fulfillment/problem@1',
      code: 'no_api',
      exitCode: 2,
    });
  });

  it('that nobody has signed in with ends with 4', async () => {
    const ran = await run(['status'], { env: { FULFILLMENT_API_URL: 'https://api.books.example' } });
    expect(ran).toMatchObject({ code: 4, out: '' });
    expect(ran.err).toContain('Sign in: fulfillment login');
  });
});
