import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../test/builders/engineStack.ts';
import { IsolatedFault, runIsolated, type IsolatedLimits } from './isolated.ts';

const program = new URL('../../test/builders/isolatedTasks.ts', import.meta.url);
const roomy: IsolatedLimits = { memoryBytes: 512 * 1024 * 1024, cpuSeconds: 20, wallMs: 20_000 };
const never = new AbortController().signal;

const run = (task: string, limits: Partial<IsolatedLimits> = {}, signal = never, input: unknown = null) =>
  runIsolated({ task, input, limits: { ...roomy, ...limits }, program }, signal);

const faultOf = async (running: Promise<unknown>): Promise<IsolatedFault> => {
  const error = await running.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(IsolatedFault);
  return error as IsolatedFault;
};

describe.concurrent('a task in a process of its own', () => {
  it('gives its result, and sees nothing of the environment', async () => {
    const input = { title: 'Żółw', pages: [1, 2] };
    const result = (await run('echo', {}, never, input)) as { input: unknown; environment: string[] };
    expect(result.input).toEqual(input);
    expect(result.environment.filter((name) => !['PWD', 'OLDPWD', '_', 'SHLVL'].includes(name))).toEqual([]);
  });

  it('is over once it has answered, whatever it left running', async () => {
    expect(await run('linger')).toBe('done');
  });

  it('tells of an error by kind and place, never by its message', async () => {
    const fault = await faultOf(run('throw'));
    expect(fault).toMatchObject({ kind: 'permanent', reason: 'copy_failed', end: 'threw', tooHeavy: false });
    expect((fault.cause as Error).name).toBe('TypeError');
    expect((fault.cause as Error).stack).toContain('isolatedTasks');
    expect(`${fault.message} ${(fault.cause as Error).stack}`).not.toContain('secret');
  });

  it('is a permanent fault when it has no answer or is not known', async () => {
    expect(await faultOf(run('exit'))).toMatchObject({ kind: 'permanent', end: 'threw' });
    expect(await faultOf(run('toString'))).toMatchObject({ kind: 'permanent', end: 'threw' });
  });

  it('is a passing fault when somebody else killed it', async () => {
    expect(await faultOf(run('die'))).toMatchObject({ kind: 'transient', end: 'killed', tooHeavy: false });
  });

  it.each([
    ['swell', { memoryBytes: 160 * 1024 * 1024 }, 'memory_limit'],
    ['spin', { cpuSeconds: 1 }, 'cpu_limit'],
    ['wait', { wallMs: 300 }, 'wall_limit'],
  ] as const)('is ended at a limit: %s', async (task, limits, end) => {
    expect(await faultOf(run(task, limits))).toMatchObject({ kind: 'permanent', end, tooHeavy: true });
  });

  it('is ended when it is aborted, with the reason of whoever did it', async () => {
    const abort = new AbortController();
    const running = run('spin', {}, abort.signal);
    setTimeout(() => abort.abort(new Error('The lease is lost.')), 50);
    await expect(running).rejects.toThrow('The lease is lost.');
    await expect(run('echo', {}, abort.signal)).rejects.toThrow('The lease is lost.');
  });

  it('does not outlive whoever wanted it, however they end', async () => {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'isolated-'));
    const file = path.join(directory, 'number');
    const parent = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(isolating), file], {
      stdio: 'ignore',
    });
    const numberOf = () => readFile(file, 'utf8').catch(() => '');
    await eventually(async () => (await numberOf()) !== '');
    const child = Number(await numberOf());
    expect(isAlive(child)).toBe(true);
    parent.kill('SIGKILL');
    await eventually(() => !isAlive(child));
    await rm(directory, { recursive: true });
  });
});

const isolating = new URL('../../test/builders/isolatingProcess.ts', import.meta.url);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
