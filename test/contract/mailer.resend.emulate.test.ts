import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createResendMailer } from '../../src/providers/resend/adapter.ts';
import { startResendEmulator } from '../vendors/resendEmulator.ts';
import type { LineMood, ResendEmulator } from '../vendors/resendEmulator.ts';
import { aWholeMail } from '../vendors/resendMail.ts';
import { faultOf } from './faultOf.ts';

const never = new AbortController().signal;
let emulator: ResendEmulator;

beforeAll(async () => {
  emulator = await startResendEmulator();
});
beforeEach(() => emulator.reset());
afterAll(() => emulator.stop());

const mailer = () => createResendMailer({ apiKey: 're_anything', baseUrl: emulator.url, timeoutMs: 2_000 });

/** What of the contract holds against a Resend that somebody else has built; see its weaknesses where it is started. */
describe('sending through Resend as emulated by others', () => {
  it('is let in, and sends nothing by asking', async () => {
    await mailer().verify(never);
    expect(emulator.taken()).toEqual([]);
  });

  it('arrives with all that the emulator keeps of it', async () => {
    const { reference } = await mailer().send(await aWholeMail(), never);
    expect(emulator.taken()).toEqual([
      {
        id: reference,
        from: 'Lektura <receipts@shop.example>',
        to: ['jan@example.pl'],
        subject: 'Your receipt',
        html: expect.stringContaining('<p>Thank you</p>'),
        text: expect.stringContaining('Thank you'),
        reply_to: ['help@shop.example'],
        headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': 'en' },
        tags: [{ name: 'mail', value: '0123456789abcdef0123456789abcdef01234567' }],
      },
    ]);
  });

  it.each<[LineMood, number]>([
    ['cuts_before', 0],
    ['cuts_after', 1],
  ])('is one mail when the line %s the emulator has it, and the mail is repeated', async (line, times) => {
    const mail = await aWholeMail();
    emulator.line(line);
    expect(await faultOf(mailer().send(mail, never))).toMatchObject({ kind: 'unknown_effect' });
    expect(emulator.taken()).toHaveLength(times);
    emulator.line('passes');
    const { reference } = await mailer().send(mail, never);
    expect(emulator.taken().map(({ id }) => id)).toEqual([reference]);
  });

  it('is not called unsent when it was called off after it was out', async () => {
    emulator.line('hangs_after');
    const caller = new AbortController();
    const sending = faultOf(mailer().send(await aWholeMail(), caller.signal));
    await expect.poll(() => emulator.taken().length, { interval: 5 }).toBe(1);
    caller.abort();
    expect(await sending).toMatchObject({ kind: 'unknown_effect' });
  });

  it('is not sent when it was called off before', async () => {
    const fault = await faultOf(mailer().send(await aWholeMail(), AbortSignal.abort()));
    expect(fault).toMatchObject({ kind: 'transient' });
    expect(emulator.taken()).toHaveLength(0);
  });

  it('may still be with Resend when its key came with another content', async () => {
    await mailer().send(await aWholeMail(), never);
    const fault = await faultOf(mailer().send(await aWholeMail({ subject: 'Another' }), never));
    expect(fault).toMatchObject({ kind: 'unknown_effect', reason: 'resend_key_reused' });
    expect(emulator.taken()).toHaveLength(1);
  });

  it('is refused by ourselves with an address that would be two', async () => {
    const mail = await aWholeMail();
    const fault = await faultOf(
      mailer().send({ ...mail, to: `${mail.to}\r\nBcc: thief@example.com` }, never),
    );
    expect(fault).toMatchObject({ kind: 'permanent', reason: 'invalid_address' });
    expect(emulator.taken()).toHaveLength(0);
  });
});
