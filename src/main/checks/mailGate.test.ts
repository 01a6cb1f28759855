import { describe, expect, it } from 'vitest';
import { judgeAge, judgeGate } from './mailGate.ts';

describe('the gate of mails', () => {
  it.each([
    ['live', null, 'ok'],
    ['live', 'brake', 'warning'],
    ['live', 'shadow', 'warning'],
    ['shadow', null, 'warning'],
    ['shadow', 'shadow', 'warning'],
  ] as const)('in %s mode, closed by %s, is %s', (mode, why, state) => {
    expect(judgeGate({ mode }, why).state).toBe(state);
  });
});

describe('the age of the database', () => {
  const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 10, minute));
  const delivered = [
    { id: 'evt_before_us', createdAt: at(0) },
    { id: 'evt_known', createdAt: at(2) },
    { id: 'evt_later', createdAt: at(4) },
    { id: 'evt_lost', createdAt: at(3) },
  ];
  const known = { gate: null, firstAt: at(1), ids: new Set(['evt_known']) };

  it('is told by events that were delivered and are not there', () => {
    const [finding, ...more] = judgeAge(delivered, known);
    expect(finding).toMatchObject({ state: 'warning', detail: expect.stringContaining('2 events') });
    expect(finding?.detail).toContain(at(3).toISOString());
    expect(finding?.remedy).toContain('docs/restore.md');
    expect(more).toEqual([]);
  });

  it('is no news in restore mode, nor where all are known, nor where nothing has ever come', () => {
    expect(judgeAge(delivered, { ...known, gate: 'restore' })[0]?.state).toBe('note');
    expect(judgeAge(delivered.slice(0, 2), known)).toEqual([]);
    expect(judgeAge(delivered, { ...known, firstAt: null })).toEqual([]);
  });
});
