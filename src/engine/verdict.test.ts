import { describe, expect, it } from 'vitest';
import { Fault, type FaultDetails } from '../domain/fault.ts';
import { heldRecheckMs } from '../domain/heldReasons.ts';
import { blockedRecheckMs } from '../domain/retryPolicy.ts';
import { type ParkDetails, Parked } from './providers/parked.ts';
import { type VerdictContext, verdictOf } from './verdict.ts';

const now = new Date('2026-11-22T10:00:00Z');
const inMs = (ms: number) => new Date(now.getTime() + ms);
const context = (fields: Partial<VerdictContext> = {}): VerdictContext => ({
  attempt: 2,
  now,
  stale: false,
  retry: { baseMs: 1_000, capMs: 60_000, attemptsMax: 5, retryAfterCapMs: 60_000 },
  random: 0.5,
  ...fields,
});
const fault = (details: Partial<FaultDetails> = {}) =>
  ({
    kind: 'fault',
    fault: new Fault({ kind: 'transient', reason: 'down', message: 'It is down.', ...details }),
  }) as const;

describe('the verdict on an outcome', () => {
  it('is final for what is done or skipped', () => {
    expect(verdictOf({ kind: 'done' }, context())).toMatchObject({ state: 'done', attempts: 2, dueAt: null });
    expect(verdictOf({ kind: 'skip', reason: 'in_time' }, context())).toMatchObject({
      state: 'skipped',
      reason: 'in_time',
      dueAt: null,
    });
  });

  it('gives the attempt back for waiting and blocking, and says when to look again', () => {
    expect(verdictOf({ kind: 'wait', afterMs: 2_000, reason: 'not_yet' }, context())).toMatchObject({
      state: 'waiting',
      attempts: 1,
      dueAt: inMs(2_000),
    });
    expect(verdictOf({ kind: 'block', reason: 'no_email' }, context())).toMatchObject({
      state: 'blocked',
      attempts: 1,
      dueAt: inMs(blockedRecheckMs),
      reason: 'no_email',
    });
    expect(verdictOf({ kind: 'block', reason: 'no_email', recheckMs: 5 }, context())).toMatchObject({
      dueAt: inMs(5),
    });
  });

  it('gives the attempt back for what is held, and looks again within minutes', () => {
    expect(verdictOf({ kind: 'hold', reason: 'mail_brake' }, context())).toMatchObject({
      state: 'blocked',
      result: 'held',
      attempts: 1,
      dueAt: inMs(heldRecheckMs),
      reason: 'mail_brake',
    });
  });

  it('looks again at once when the facts it was made on have moved', () => {
    const stale = context({ stale: true });
    expect(verdictOf({ kind: 'wait', afterMs: 2_000, reason: 'not_yet' }, stale)).toMatchObject({
      dueAt: now,
    });
    expect(verdictOf({ kind: 'block', reason: 'no_email' }, stale)).toMatchObject({ dueAt: now });
    expect(verdictOf(fault({ kind: 'needs_human' }), stale)).toMatchObject({ state: 'blocked', dueAt: now });
    expect(verdictOf(fault(), stale).dueAt).toEqual(inMs(1_000));
  });

  it('spends the attempt on a transient fault, and remembers an unknown effect as such', () => {
    expect(verdictOf(fault(), context())).toMatchObject({
      state: 'waiting',
      attempts: 2,
      dueAt: inMs(1_000),
      reason: 'down',
    });
    expect(verdictOf(fault({ kind: 'unknown_effect' }), context())).toMatchObject({
      state: 'unknown',
      attempts: 2,
    });
    expect(verdictOf(fault({ kind: 'rate_limited', retryAfterMs: 7_000 }), context())).toMatchObject({
      state: 'waiting',
      attempts: 1,
      dueAt: inMs(7_500),
    });
  });

  it('fails for good at a permanent fault or the last attempt', () => {
    expect(verdictOf(fault({ kind: 'permanent' }), context())).toMatchObject({
      state: 'failed',
      dueAt: null,
      attempts: 2,
    });
    expect(verdictOf(fault(), context({ attempt: 5 }))).toMatchObject({
      state: 'failed',
      dueAt: null,
      attempts: 5,
    });
  });

  it('spends nothing on work that may not call its provider, and leaves what is blocked or in doubt as it is', () => {
    const parked = (known?: VerdictContext['known'], details: Partial<ParkDetails> = {}) => {
      const why = new Parked({ reason: 'provider_open', provider: 'smtp', afterMs: 4_000.2, ...details });
      return verdictOf({ kind: 'fault', fault: why }, context({ known }));
    };
    expect(parked()).toMatchObject({
      state: 'waiting',
      result: 'waiting',
      attempts: 1,
      dueAt: inMs(4_001),
      reason: 'provider_open',
      told: { reason: 'provider_open', provider: 'smtp', again_in_ms: 4_001 },
      parked: 'told',
    });
    for (const state of ['intended', 'unknown'])
      expect(parked({ state, reason: null })).toMatchObject({ state: 'unknown', reason: 'provider_open' });
    expect(parked({ state: 'blocked', reason: 'no_email' })).toMatchObject({
      state: 'blocked',
      reason: 'no_email',
      dueAt: inMs(4_001),
      parked: 'untold',
    });
    expect(parked(undefined, { reason: 'provider_rate' }).parked).toBe('untold');
    const busy = new Parked({ reason: 'provider_busy', provider: 'smtp' });
    expect(verdictOf({ kind: 'fault', fault: busy }, context())).toMatchObject({
      attempts: 1,
      dueAt: inMs(1_500),
      parked: 'untold',
    });
  });

  it('tells the timeline kind, reason and request, and nothing else of the fault', () => {
    const { told } = verdictOf(fault({ provider: 'stripe', providerRequestId: 'req_1' }), context());
    expect(told).toEqual({
      fault: 'transient',
      reason: 'down',
      message: 'It is down.',
      provider: 'stripe',
      provider_request_id: 'req_1',
      again_in_ms: 1_000,
    });
  });
});
