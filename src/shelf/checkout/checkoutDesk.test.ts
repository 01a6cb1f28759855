import { describe, expect, it } from 'vitest';
import { aCheckout } from '../../../test/fakes/memoryPayments.ts';
import { createRecordingTelemetry } from '../../../test/fakes/recordingTelemetry.ts';
import type { CheckoutProgress } from '../../ports/checkoutProgress.ts';
import type { CheckoutPurchase } from '../../ports/payments.ts';
import { createCheckoutDesk } from './checkoutDesk.ts';

const progress: CheckoutProgress = {
  paymentId: 'p1',
  paid: true,
  paidAt: new Date('2026-11-22T10:00:00Z'),
  takenBack: false,
  job: { id: 'j1', kind: 'fulfil', state: 'open' },
  resolved: false,
  email: null,
  corrected: false,
  mailAccepted: false,
  downloaded: false,
  books: [],
};

/** A desk whose Stripe answers when it is told to. */
function deskWith(answer: CheckoutPurchase | undefined, questionsMax = 8) {
  const asked: string[] = [];
  const waiting: Array<() => void> = [];
  const accepted = new Set<string>();
  const telemetry = createRecordingTelemetry();
  let nowMs = 0;
  const desk = createCheckoutDesk({
    store: {
      ofSession: async (id) => (accepted.has(id) ? progress : undefined),
      ofPayments: async () => [],
    },
    payments: {
      async readCheckout(id) {
        asked.push(id);
        await new Promise<void>((resolve) => waiting.push(resolve));
        return answer && { ...answer, sessionId: id };
      },
    },
    accept: async ({ sessionId }) => {
      accepted.add(sessionId);
      return true;
    },
    clock: { now: () => progress.paidAt, elapsedMs: () => nowMs },
    telemetry,
    livemode: false,
    correctTypo: undefined,
    questionsMax,
  });
  const settle = async () => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  return {
    desk,
    asked,
    telemetry,
    settle,
    pass: (ms: number) => void (nowMs += ms),
    answerAll: () => {
      for (const resolve of waiting.splice(0)) resolve();
    },
  };
}

describe('pages that ask about one session at once', () => {
  it('ask Stripe once, and all get the answer', async () => {
    const { desk, asked, answerAll, settle } = deskWith(aCheckout());
    const answers = [1, 2, 3].map(() => desk.confirm('cs_test_1'));
    await settle();
    answerAll();
    const views = (await Promise.all(answers)).map((each) => each?.view.mail.to);
    expect(views).toEqual(['j•••@ex•••.pl', 'j•••@ex•••.pl', 'j•••@ex•••.pl']);
    expect(asked).toEqual(['cs_test_1']);
  });

  it('are sent away for a moment when too many others ask', async () => {
    const { desk, answerAll, settle } = deskWith(aCheckout(), 2);
    const first = [1, 2].map((number) => desk.confirm(`cs_test_${number}`));
    await settle();
    await expect(desk.confirm('cs_test_3')).rejects.toMatchObject({ kind: 'rate_limited' });
    answerAll();
    await Promise.all(first);
    const later = desk.confirm('cs_test_3');
    await settle();
    answerAll();
    expect(await later).toMatchObject({ paymentId: 'p1' });
  });
});

describe('a session that Stripe does not know', () => {
  it('is asked about again only after ten seconds', async () => {
    const { desk, asked, telemetry, settle, answerAll, pass } = deskWith(undefined);
    const ask = async () => {
      const answer = desk.confirm('cs_test_1');
      await settle();
      answerAll();
      return answer;
    };
    expect(await ask()).toBeUndefined();
    pass(9_999);
    expect(await ask()).toBeUndefined();
    expect(asked).toHaveLength(1);
    pass(1);
    expect(await ask()).toBeUndefined();
    expect(asked).toHaveLength(2);
    expect(telemetry.of('checkout.answered').map(({ outcome }) => outcome)).toEqual([
      'unknown',
      'unknown',
      'unknown',
    ]);
  });
});

describe('where nobody can correct anything', () => {
  it('nothing is suggested, and nothing done', async () => {
    const { buyer } = aCheckout();
    const { desk, settle, answerAll } = deskWith(aCheckout({ buyer: { ...buyer, email: 'jan@gmial.com' } }));
    const answer = desk.confirm('cs_test_1');
    await settle();
    answerAll();
    expect((await answer)?.view.suggestion).toBeNull();
    const correction = desk.correctAddress('cs_test_1');
    await settle();
    answerAll();
    expect(await correction).toEqual({ refused: 'nothing_to_correct' });
  });
});
