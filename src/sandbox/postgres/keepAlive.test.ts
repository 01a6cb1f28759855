import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepAlive } from './keepAlive.ts';
import type { Postmaster } from './postmaster.ts';

interface FakeServer extends Postmaster {
  die(): void;
}

const quiet = () => undefined;

function fakeServer(pid: number): FakeServer {
  let alive = true;
  return {
    pid,
    isAlive: () => alive,
    output: () => '',
    die: () => {
      alive = false;
    },
  };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('keeping a server alive', () => {
  it('leaves a living one alone', async () => {
    const restart = vi.fn<() => Promise<Postmaster>>();
    keepAlive({ first: fakeServer(1), restart, log: quiet });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(restart).not.toHaveBeenCalled();
  });

  it('starts a dead one again, each time it dies', async () => {
    const first = fakeServer(1);
    const second = fakeServer(2);
    const restart = vi
      .fn<() => Promise<Postmaster>>()
      .mockResolvedValueOnce(second)
      .mockResolvedValueOnce(fakeServer(3));
    const server = keepAlive({ first, restart, log: quiet });
    first.die();
    await vi.advanceTimersByTimeAsync(500);
    expect(server.current().pid).toBe(2);
    second.die();
    await vi.advanceTimersByTimeAsync(500);
    expect(server.current().pid).toBe(3);
  });

  it('goes on trying, ever more seldom, and says it died only once', async () => {
    const first = fakeServer(1);
    const restart = vi.fn<() => Promise<Postmaster>>().mockRejectedValue(new Error('no room'));
    const log = vi.fn<(message: string) => void>();
    const server = keepAlive({ first, restart, log });
    first.die();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(restart.mock.calls.length).toBeGreaterThan(3);
    expect(restart.mock.calls.length).toBeLessThan(10);
    expect(log.mock.calls.filter(([message]) => message.includes('has died'))).toHaveLength(1);
    restart.mockResolvedValue(fakeServer(2));
    await vi.advanceTimersByTimeAsync(31_000);
    expect(server.current().pid).toBe(2);
  });

  it('does not start a server again that was told to stop', async () => {
    const first = fakeServer(1);
    const restart = vi.fn<() => Promise<Postmaster>>();
    const server = keepAlive({ first, restart, log: quiet });
    first.die();
    await server.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(restart).not.toHaveBeenCalled();
  });
});
