import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { listenForInterruption } from './interruption.ts';

function listen() {
  const signals = new EventEmitter();
  const seen = { nowMs: 0, ended: 0, first: false };
  const interruption = listenForInterruption({
    signals,
    endAtOnce: () => (seen.ended += 1),
    elapsedMs: () => seen.nowMs,
  });
  void interruption.first.then(() => (seen.first = true));
  return { signals, seen, interruption };
}

describe('an interruption', () => {
  it('is told once, whichever signal it was', async () => {
    const { signals, seen, interruption } = listen();
    signals.emit('SIGTERM');
    await interruption.first;
    expect(seen).toMatchObject({ first: true, ended: 0 });
  });

  it('ends everything at once the second time', () => {
    const { signals, seen } = listen();
    signals.emit('SIGINT');
    seen.nowMs = 3_001;
    signals.emit('SIGINT');
    expect(seen.ended).toBe(1);
  });

  it('is not taken for two when a runner passes the same Ctrl-C on', () => {
    const { signals, seen } = listen();
    signals.emit('SIGINT');
    seen.nowMs = 2_900;
    signals.emit('SIGINT');
    expect(seen.ended).toBe(0);
  });

  it('is left to others after release', () => {
    const { signals, interruption } = listen();
    interruption.release();
    expect(signals.eventNames()).toEqual([]);
  });
});
