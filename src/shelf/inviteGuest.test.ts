import { describe, expect, it } from 'vitest';
import { createRecordingTelemetry } from '../../test/fakes/recordingTelemetry.ts';
import { Fault, type FaultDetails } from '../domain/fault.ts';
import { createInviteGuest } from './inviteGuest.ts';

const never = new AbortController().signal;
const fault = (kind: FaultDetails['kind'], more: Partial<FaultDetails> = {}) =>
  new Fault({ kind, reason: 'auth0_unavailable', message: 'zoe@example.com', ...more });

function given(...answers: Array<string | null | Fault>) {
  const asked: string[] = [];
  const slept: number[] = [];
  const telemetry = createRecordingTelemetry();
  const invite = createInviteGuest({
    invitations: {
      invite: async (email) => {
        asked.push(email);
        const answer = answers[asked.length - 1] ?? null;
        if (answer instanceof Fault) throw answer;
        return answer;
      },
    },
    clock: { sleep: async (ms) => void slept.push(ms) },
    telemetry,
  });
  return { invite, asked, slept, telemetry };
}

const url = 'https://tenant.example/ticket';

describe('inviting a guest', () => {
  it('asks for the address in its one form', async () => {
    const { invite, asked } = given(url);
    expect(await invite(' Zoe.X@Exämple.DE', never)).toBe(url);
    expect(asked).toEqual(['zoe.x@xn--exmple-cua.de']);
  });

  it('tries again after what passes, and waits as long as it is told to', async () => {
    const { invite, slept, telemetry } = given(
      fault('transient'),
      fault('rate_limited', { retryAfterMs: 4_000 }),
      url,
    );
    expect(await invite('zoe@example.com', never)).toBe(url);
    expect(slept).toEqual([1_000, 4_000]);
    expect(telemetry.of('account.not_invited')).toEqual([]);
  });

  it.each([
    ['fails for good', [fault('permanent')], 1],
    ['fails three times', [fault('transient'), fault('transient'), fault('transient')], 3],
    ['asks for more patience than a reminder has', [fault('rate_limited', { retryAfterMs: 11_000 })], 1],
  ])('gives up when it %s, and tells so without an address', async (_what, answers, tries) => {
    const { invite, asked, telemetry } = given(...answers);
    expect(await invite('zoe@example.com', never)).toBeNull();
    expect(asked).toHaveLength(tries);
    expect(telemetry.of('account.not_invited')).toEqual([
      { name: 'account.not_invited', reason: 'auth0_unavailable' },
    ]);
  });

  it('invites nobody whose address is none', async () => {
    const { invite, asked } = given(url);
    expect(await invite('no address', never)).toBeNull();
    expect(asked).toEqual([]);
  });
});
