import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aJobRun } from '../../test/builders/jobRun.ts';
import { AttemptContext, Deadline } from './deadline.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const late = { kind: 'unknown_effect', provider: 'smtp' } as const;
const never = () => new Promise<never>(() => undefined);

describe('the time that a piece of work has', () => {
  it('is over at its end: the signal asks it to stop, and a moment later it is left behind', async () => {
    const deadline = new Deadline(aJobRun(), 1_000, late);
    const answer = deadline.bound(never).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(deadline.signal.aborted).toBe(true);
    expect(() => deadline.throwIfOver()).toThrow('No answer within 1000 ms.');
    await vi.advanceTimersByTimeAsync(250);
    expect(await answer).toMatchObject({ kind: 'unknown_effect', reason: 'timeout', provider: 'smtp' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves a moment for an answer that is more precise than “too late”', async () => {
    const deadline = new Deadline(aJobRun(), 1_000, late);
    const refusing = async ({ signal }: Deadline) =>
      new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('refused by the server')));
      });
    const answer = deadline.bound(refusing).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await answer).toMatchObject({ message: 'refused by the server' });
  });

  it('ends early when the job is not ours any more', async () => {
    const run = aJobRun();
    const answer = new Deadline(run, 1_000, late).bound(never).catch((error: unknown) => error);
    run.close('The lease was lost.');
    await vi.advanceTimersByTimeAsync(250);
    expect(await answer).toMatchObject({ kind: 'unknown_effect', reason: 'aborted' });
  });

  it('does not begin for a job that is not ours any more', () => {
    const run = aJobRun();
    run.close('The lease was lost.');
    expect(() => new Deadline(run, 1_000, late)).toThrow('The job is not ours any more.');
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['answers', async () => 'done', 'done'],
    ['fails', async () => Promise.reject(new Error('no')), new Error('no')],
    [
      'fails before it has begun',
      () => {
        throw new Error('at once');
      },
      new Error('at once'),
    ],
  ])('is forgotten when the work %s', async (_how, work, expected) => {
    const run = aJobRun();
    const deadline = new Deadline(run, 1_000, late);
    const answer: unknown = await deadline.bound<unknown>(work).catch((error: unknown) => error);
    expect(answer).toEqual(expected);
    expect(vi.getTimerCount()).toBe(0);
    run.close('The job was released.');
    expect(vi.getTimerCount()).toBe(0);
    expect(deadline.signal.aborted).toBe(false);
  });

  it('is known to the step by its signal, whenever that asks for it', async () => {
    const run = aJobRun();
    const deadline = new Deadline(run, 1_000, late);
    void deadline.bound(never).catch(() => undefined);
    const context = new AttemptContext(run, deadline, 3);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(context.signal.aborted).toBe(true);
    expect(context).toMatchObject({ attempt: 3, now: new Date('2026-11-22T10:00:00Z') });
  });
});
