import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../src/domain/fault.ts';
import type { Mailer, OutgoingMail } from '../../src/ports/mailer.ts';
import { faultOf } from './faultOf.ts';
import {
  contractMail,
  contractMessageId,
  expectTaken,
  hostileMail,
  otherMessageId,
  type TakenMail,
} from './mailer.mails.ts';

/** What the provider behind the mailer does with the next mails. */
export type ProviderMood =
  | 'accepts'
  | 'defers'
  | 'refuses_mailbox'
  | 'loses_answer_after_taking'
  | 'loses_answer_without_taking'
  | 'takes_and_hangs'
  /** Asks to come again in seven seconds. */
  | 'slows_down'
  | 'refuses_credentials';

/** What every provider can be made to do. */
export const commonMoods = [
  'accepts',
  'defers',
  'refuses_mailbox',
  'loses_answer_after_taking',
  'loses_answer_without_taking',
  'takes_and_hangs',
] as const satisfies readonly ProviderMood[];

export interface MailerUnderTest {
  mailer: Mailer;
  /** Whether the provider takes the mail as bytes, or puts one together of its parts. */
  carries: 'bytes' | 'parts';
  /** What it can be made to do; the common moods unless told. Cases of other moods are left out. */
  moods?: readonly ProviderMood[];
  mood(mood: ProviderMood): void;
  /** The provider's own truth. */
  taken(): TakenMail[];
  /** Lets time pass at the provider, where it has a clock of its own. */
  pass?(ms: number): void;
  stop(): Promise<void>;
}

const never = new AbortController().signal;

/** What every mailer must do, whatever it sends through. */
export function describeMailer(name: string, start: () => Promise<MailerUnderTest>): void {
  // Started once before, so that cases which it cannot play do not exist, instead of being skipped.
  describe(`${name}, as a mailer`, async () => {
    const { moods, dedupes } = await traitsOf(start);
    const played = <Row extends [ProviderMood, ...unknown[]]>(rows: Row[]) =>
      rows.filter(([mood]) => moods.includes(mood));
    let subject: MailerUnderTest;
    let mailer: Mailer;
    let mail: OutgoingMail;

    beforeEach(async () => {
      subject = await start();
      mailer = subject.mailer;
      mail = await contractMail();
    });
    afterEach(() => subject.stop());

    const expectNothingTaken = () => expect(subject.taken()).toEqual([]);

    it('hands over the whole mail once, and has the provider’s word for it', async () => {
      const acceptance = await mailer.send(mail, never);
      expect(acceptance).toMatchObject({ provider: mailer.name, evidence: 'answer' });
      await expectTaken(subject.taken(), subject.carries, [mail]);
    });

    it('hands over text that looks like markup, a template or a format as it is', async () => {
      const hostile = await hostileMail();
      await mailer.send(hostile, never);
      await expectTaken(subject.taken(), subject.carries, [hostile]);
    });

    it('hands over two mails that differ, though they differ in their Message-ID alone', async () => {
      const other = await contractMail({ messageId: otherMessageId });
      await mailer.send(mail, never);
      await mailer.send(other, never);
      await expectTaken(subject.taken(), subject.carries, [mail, other]);
      const keys = subject.taken().flatMap(({ key }) => key ?? []);
      expect(new Set(keys).size).toBe(keys.length);
    });

    it('keeps no address in the reference', async () => {
      expect((await mailer.send(mail, never)).reference).not.toContain('@');
    });

    it.each(
      played<[ProviderMood, Partial<Fault>]>([
        ['defers', { kind: 'transient' }],
        ['refuses_mailbox', { kind: 'permanent' }],
        ['slows_down', { kind: 'rate_limited', retryAfterMs: 7_000 }],
        ['refuses_credentials', { kind: 'needs_human', reason: expect.stringMatching(/_credentials$/) }],
      ]),
    )('when the provider %s, the fault says what to do and nothing was taken', async (mood, expected) => {
      subject.mood(mood);
      const fault = await faultOf(mailer.send(mail, never));
      expect(fault).toBeInstanceOf(Fault);
      expect(fault).toMatchObject({ ...expected, provider: mailer.name });
      expectNothingTaken();
    });

    it.each(
      played([
        ['loses_answer_after_taking', 1],
        ['loses_answer_without_taking', 0],
      ]),
    )('when the provider %s, it says that nobody knows and does not repeat', async (mood, times) => {
      subject.mood(mood);
      expect(await faultOf(mailer.send(mail, never))).toMatchObject({ kind: 'unknown_effect' });
      expect(subject.taken()).toHaveLength(times);
    });

    const beforeTheRepeat = played([
      ['accepts'],
      ['loses_answer_after_taking'],
      ['loses_answer_without_taking'],
      ['defers'],
    ]);
    it.each(dedupes ? beforeTheRepeat : [])(
      'is one mail when it is sent again after the provider %s',
      async (mood) => {
        subject.mood(mood);
        await mailer.send(mail, never).catch(() => undefined);
        subject.mood('accepts');
        subject.pass?.(mailer.capabilities.dedupe?.repeatAfterMs ?? 0);
        await mailer.send(await contractMail(), never);
        await expectTaken(subject.taken(), subject.carries, [mail]);
      },
    );

    it.each(played([['takes_and_hangs']]))(
      'does not call a mail unsent that is called off when the provider %s',
      async (mood) => {
        subject.mood(mood);
        const caller = new AbortController();
        const sending = faultOf(mailer.send(mail, caller.signal));
        await expect.poll(() => subject.taken().length, { interval: 5 }).toBe(1);
        caller.abort();
        expect(await sending).toMatchObject({ kind: 'unknown_effect' });
      },
    );

    it('sends nothing when called off before', async () => {
      expect(await faultOf(mailer.send(mail, AbortSignal.abort()))).toMatchObject({ kind: 'transient' });
      expectNothingTaken();
    });

    it.each([
      { to: 'jan@example.pl\r\nRCPT TO:<thief@example.com>' },
      { to: 'jan@example.pl\n' },
      { to: 'jan\0@example.pl' },
      { from: 'receipts@shop.example\r\nDATA' },
    ])('refuses an envelope with control characters for good: %j', async (fields) => {
      expect(await faultOf(mailer.send({ ...mail, ...fields }, never))).toMatchObject({
        kind: 'permanent',
        reason: 'invalid_address',
      });
      expectNothingTaken();
    });

    it('keeps the buyer’s address out of its faults', async () => {
      const failing = ['defers', 'refuses_mailbox', 'loses_answer_after_taking'] as const;
      for (const mood of failing.filter((one) => moods.includes(one))) {
        subject.mood(mood);
        const fault = await faultOf(mailer.send(mail, never));
        expect(`${fault.message} ${String(fault.cause)} ${JSON.stringify(fault)}`).not.toContain('jan@');
      }
    });

    it('can be asked for a mail exactly when it says so', async () => {
      expect(mailer.find !== undefined).toBe(mailer.capabilities.lookup === 'message_id');
      if (!mailer.find) return;
      if (moods.includes('loses_answer_after_taking')) {
        subject.mood('loses_answer_after_taking');
        await faultOf(mailer.send(mail, never));
      } else await mailer.send(mail, never);
      expect(await mailer.find(contractMessageId, never)).toMatchObject({
        provider: mailer.name,
        evidence: 'journal',
      });
      expect(await mailer.find(otherMessageId, never)).toBeUndefined();
    });

    it('goes on after trouble', async () => {
      subject.mood(moods.includes('loses_answer_without_taking') ? 'loses_answer_without_taking' : 'defers');
      await faultOf(mailer.send(mail, never));
      subject.mood('accepts');
      await mailer.send(mail, never);
      await expectTaken(subject.taken(), subject.carries, [mail]);
    });
  });
}

interface MailerTraits {
  moods: readonly ProviderMood[];
  dedupes: boolean;
}

async function traitsOf(start: () => Promise<MailerUnderTest>): Promise<MailerTraits> {
  const { mailer, moods = commonMoods, stop } = await start();
  await stop();
  return { moods, dedupes: mailer.capabilities.dedupe !== null };
}
