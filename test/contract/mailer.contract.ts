import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../src/domain/fault.ts';
import { faultOf } from './faultOf.ts';
import type { Mailer, OutgoingMail } from '../../src/ports/mailer.ts';

/** What the provider behind the mailer does with the next mails. */
export type ProviderMood =
  | 'accepts'
  | 'defers'
  | 'refuses_mailbox'
  | 'loses_answer_after_taking'
  | 'loses_answer_without_taking'
  | 'takes_and_hangs';

export interface MailerUnderTest {
  mailer: Mailer;
  mood(mood: ProviderMood): void;
  /** The provider's own truth. */
  taken(): Array<{ from: string; to: string; source: string }>;
  stop(): Promise<void>;
}

const never = new AbortController().signal;
const mail = (fields: Partial<OutgoingMail> = {}): OutgoingMail => ({
  from: 'receipts@shop.example',
  to: 'jan@example.pl',
  messageId: '<m1@shop.example>',
  bytes: Buffer.from('Message-ID: <m1@shop.example>\r\nSubject: Receipt\r\n\r\n.dots\r\nand lines\r\n'),
  ...fields,
});

/** What every mailer must do, whatever it sends through. */
export function describeMailer(name: string, start: () => Promise<MailerUnderTest>): void {
  describe(`${name}, as a mailer`, () => {
    let subject: MailerUnderTest;
    let mailer: Mailer;

    beforeEach(async () => {
      subject = await start();
      mailer = subject.mailer;
    });
    afterEach(() => subject.stop());

    it('hands over the very bytes once, and has the provider’s word for it', async () => {
      const acceptance = await mailer.send(mail(), never);
      expect(acceptance).toMatchObject({ provider: mailer.name, evidence: 'answer' });
      const { from, to, bytes } = mail();
      expect(subject.taken()).toEqual([{ from, to, source: Buffer.from(bytes).toString() }]);
    });

    it('keeps no address in the reference', async () => {
      expect((await mailer.send(mail(), never)).reference).not.toContain('@');
    });

    it.each<[ProviderMood, string]>([
      ['defers', 'transient'],
      ['refuses_mailbox', 'permanent'],
    ])('when the provider %s, the fault is %s and nothing was taken', async (mood, kind) => {
      subject.mood(mood);
      const fault = await faultOf(mailer.send(mail(), never));
      expect(fault).toBeInstanceOf(Fault);
      expect(fault).toMatchObject({ kind, provider: mailer.name });
      expect(subject.taken()).toHaveLength(0);
    });

    it.each<[ProviderMood, number]>([
      ['loses_answer_after_taking', 1],
      ['loses_answer_without_taking', 0],
    ])('when the provider %s, it says that nobody knows and does not repeat', async (mood, times) => {
      subject.mood(mood);
      expect(await faultOf(mailer.send(mail(), never))).toMatchObject({ kind: 'unknown_effect' });
      expect(subject.taken()).toHaveLength(times);
    });

    it('does not call a mail unsent that was called off after it was out', async () => {
      subject.mood('takes_and_hangs');
      const caller = new AbortController();
      const sending = faultOf(mailer.send(mail(), caller.signal));
      await expect.poll(() => subject.taken().length, { interval: 5 }).toBe(1);
      caller.abort();
      expect(await sending).toMatchObject({ kind: 'unknown_effect' });
    });

    it('sends nothing when called off before', async () => {
      expect(await faultOf(mailer.send(mail(), AbortSignal.abort()))).toMatchObject({ kind: 'transient' });
      expect(subject.taken()).toHaveLength(0);
    });

    it.each([
      { to: 'jan@example.pl\r\nRCPT TO:<thief@example.com>' },
      { to: 'jan@example.pl\n' },
      { to: 'jan\0@example.pl' },
      { from: 'receipts@shop.example\r\nDATA' },
    ])('refuses an envelope with control characters for good: %j', async (fields) => {
      expect(await faultOf(mailer.send(mail(fields), never))).toMatchObject({
        kind: 'permanent',
        reason: 'invalid_address',
      });
      expect(subject.taken()).toHaveLength(0);
    });

    it('keeps the buyer’s address out of its faults', async () => {
      for (const mood of ['defers', 'refuses_mailbox', 'loses_answer_after_taking'] as const) {
        subject.mood(mood);
        const fault = await faultOf(mailer.send(mail(), never));
        expect(`${fault.message} ${String(fault.cause)} ${JSON.stringify(fault)}`).not.toContain('jan@');
      }
    });

    it('can be asked for a mail exactly when it says so', async () => {
      expect(mailer.find !== undefined).toBe(mailer.capabilities.lookup === 'message_id');
      subject.mood('loses_answer_after_taking');
      await faultOf(mailer.send(mail(), never));
      if (!mailer.find) return;
      expect(await mailer.find('<m1@shop.example>', never)).toMatchObject({
        provider: mailer.name,
        evidence: 'journal',
      });
      expect(await mailer.find('<m2@shop.example>', never)).toBeUndefined();
    });

    it('goes on after trouble', async () => {
      subject.mood('loses_answer_without_taking');
      await faultOf(mailer.send(mail(), never));
      subject.mood('accepts');
      await mailer.send(mail(), never);
      expect(subject.taken()).toHaveLength(1);
    });
  });
}
