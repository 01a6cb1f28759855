import { describe, expect, it } from 'vitest';
import { faultOf } from '../../test/contract/faultOf.ts';
import { createMemoryMailer, type MemoryMailerOptions } from '../../test/fakes/memoryMailer.ts';
import type { UnansweredMail } from '../ports/mailSending.ts';
import { createSettling, type WhenUnknown } from './settleUnanswered.ts';

const never = new AbortController().signal;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

interface Given extends MemoryMailerOptions {
  forMs?: number;
  sinceFirstMs?: number;
  /** How many attempts had no answer; the latest of all was the last of them unless told. */
  unanswered?: number;
  latest?: boolean;
  provider?: string;
  rule?: WhenUnknown;
  taken?: boolean;
}

async function settle(given: Given) {
  const {
    forMs = 1_000,
    unanswered: attempts = 1,
    latest = true,
    rule = 'repeat',
    taken = false,
    provider = 'memory',
  } = given;
  const mailer = createMemoryMailer({ lookup: 'none', ...given });
  const mail = { from: 'a@shop.example', to: 'b@example.net', messageId: '<m@shop.example>' };
  if (taken) await mailer.send({ ...mail, bytes: Buffer.from('x') }, never);
  const settling = createSettling({
    mailerOf: (name) => (name === 'memory' ? mailer : undefined),
    whenUnknown: () => rule,
    evidenceWaitMs: 15 * minuteMs,
  });
  const unanswered: UnansweredMail = {
    kind: 'receipt',
    messageId: mail.messageId,
    attempt: {
      provider,
      latest,
      unanswered: attempts,
      forMs,
      sinceFirstMs: given.sinceFirstMs ?? forMs,
    },
  };
  return settling(unanswered, never);
}

const waits = (retryAfterMs: number) => ({
  kind: 'rate_limited',
  reason: 'mail_outcome_unknown',
  retryAfterMs,
});
const asksAHuman = { kind: 'needs_human', reason: 'mail_outcome_unknown' };
const resend = { dedupe: { windowMs: 23 * hourMs, repeatAfterMs: 0 } };
const novu = { dedupe: { windowMs: hourMs, repeatAfterMs: minuteMs } };

describe('a mail whose answer was lost', () => {
  it('is repeated under its key while the provider remembers it, and that is no ambiguity', async () => {
    expect(await settle({ ...resend, unanswered: 9, rule: 'hold' })).toEqual({
      kind: 'again',
      repeats: false,
    });
  });

  it('waits before the repeat where only what is worked off is remembered', async () => {
    expect(await faultOf(settle({ ...novu, forMs: 50_000 }))).toMatchObject(waits(10_000));
    expect(await settle({ ...novu, forMs: minuteMs })).toEqual({ kind: 'again', repeats: false });
  });

  it('is a person’s matter once the provider has forgotten it, whatever is configured', async () => {
    const late = { ...resend, sinceFirstMs: 23 * hourMs, forMs: 1_000 };
    expect(await faultOf(settle(late))).toMatchObject(asksAHuman);
  });

  it('is looked for once the provider has forgotten it, where it can be', async () => {
    const late = { ...resend, lookup: 'message_id' as const, sinceFirstMs: 24 * hourMs };
    expect(await settle({ ...late, taken: true })).toMatchObject({ kind: 'taken' });
    expect(await settle({ ...late, taken: false })).toEqual({ kind: 'again', repeats: true });
  });

  it('is looked for soon, then more seldom, and repeated as an ambiguity when it is not there in time', async () => {
    const looked = { lookup: 'message_id' as const, lookupLagMs: minuteMs };
    expect(await faultOf(settle({ ...looked, forMs: 500 }))).toMatchObject(waits(2_000));
    expect(await faultOf(settle({ ...looked, forMs: 20_000 }))).toMatchObject(waits(20_000));
    expect(await faultOf(settle({ ...looked, forMs: 55_000 }))).toMatchObject(waits(5_000));
    expect(await settle({ ...looked, forMs: minuteMs })).toEqual({ kind: 'again', repeats: true });
    expect(await settle({ ...looked, forMs: 500, taken: true })).toMatchObject({
      kind: 'taken',
      evidence: { evidence: 'journal' },
    });
  });

  it('is looked for first where an answer proves nothing, though a repeat would be dropped', async () => {
    const unsure = {
      ...resend,
      lookup: 'message_id' as const,
      lookupLagMs: minuteMs,
      acceptanceDurable: false,
    };
    expect(await settle({ ...unsure, taken: true })).toMatchObject({ kind: 'taken' });
    expect(await faultOf(settle({ ...unsure, forMs: 20_000 }))).toMatchObject(waits(20_000));
    expect(await settle({ ...unsure, forMs: minuteMs })).toEqual({ kind: 'again', repeats: false });
    // Where all is told, what the repeat's answer leaves open is told as well.
    expect(await settle({ ...unsure, deliveryEvents: 'all', forMs: 20_000 })).toEqual({
      kind: 'again',
      repeats: false,
    });
  });

  it('waits for news where the provider tells all, and for none where it tells failures alone', async () => {
    expect(await faultOf(settle({ deliveryEvents: 'all', forMs: 14 * minuteMs }))).toMatchObject(
      waits(minuteMs),
    );
    expect(await settle({ deliveryEvents: 'all', forMs: 15 * minuteMs })).toEqual({
      kind: 'again',
      repeats: true,
    });
    expect(await settle({ deliveryEvents: 'failures' })).toEqual({ kind: 'again', repeats: true });
  });

  it('is repeated once and no more where nobody can be asked', async () => {
    expect(await settle({})).toEqual({ kind: 'again', repeats: true });
    expect(await faultOf(settle({ unanswered: 2 }))).toMatchObject(asksAHuman);
  });

  it('goes again when the repeat was refused, which is no further ambiguity', async () => {
    expect(await settle({ latest: false })).toEqual({ kind: 'again', repeats: false });
    expect(await faultOf(settle({ latest: false, unanswered: 2 }))).toMatchObject(asksAHuman);
    const late = { ...resend, latest: false, sinceFirstMs: 23 * hourMs };
    expect(await faultOf(settle(late))).toMatchObject(asksAHuman);
  });

  it('is not sent for ever where a look-up shows nothing, nor repeated where its kind is to be held', async () => {
    const looked = { lookup: 'message_id' as const, lookupLagMs: minuteMs, forMs: minuteMs };
    expect(await settle(looked)).toEqual({ kind: 'again', repeats: true });
    expect(await settle({ ...looked, unanswered: 2 })).toEqual({ kind: 'again', repeats: true });
    expect(await faultOf(settle({ ...looked, unanswered: 3 }))).toMatchObject(asksAHuman);
    expect(await faultOf(settle({ ...looked, rule: 'hold' }))).toMatchObject(asksAHuman);
  });

  it('is not repeated where its kind is to be held', async () => {
    expect(await faultOf(settle({ rule: 'hold' }))).toMatchObject(asksAHuman);
  });

  it('is a person’s matter when its provider is not configured any more', async () => {
    expect(await faultOf(settle({ provider: 'gone' }))).toMatchObject(asksAHuman);
  });
});
