import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import type { MailerConnection, OutgoingMail } from '../../src/ports/mailer.ts';
import { createNovuMailer } from '../../src/providers/novu/adapter.ts';
import type { NovuMailerOptions } from '../../src/providers/novu/adapter.ts';
import { startFaultHttp } from './faultHttp.ts';
import type { FaultHttp, HttpBehaviour } from './faultHttp.ts';
import { startNovuVendor } from './novu.ts';
import type { NovuVendor, NovuVendorOptions } from './novu.ts';

/** The local part of the mail's Message-ID. */
export const hash = '0123456789abcdef0123456789abcdef01234567';

export const aMail = async (): Promise<OutgoingMail> => ({
  from: 'receipts@shop.example',
  to: 'jan@example.pl',
  messageId: `<${hash}@shop.example>`,
  bytes: await new MailComposer({
    from: 'Lektura <receipts@shop.example>',
    to: 'jan@example.pl',
    subject: 'Your receipt',
    text: 'Thank you',
    html: '<p>Thank you</p>',
    attachments: [{ filename: 'receipt.pdf', content: Buffer.from('%PDF') }],
  })
    .compile()
    .build(),
});

export const optionsFor = (baseUrl: string): NovuMailerOptions => ({
  apiKey: 'secret',
  baseUrl,
  workflowId: 'mail',
  subscriberKey: new Uint8Array(32).fill(3),
  timeoutMs: 2_000,
  reportsDeliveries: true,
});

/** Starts stand-ins with a mailer before them, and stops them all. */
export function createNovuTrials() {
  const running: Array<{ stop(): Promise<void> }> = [];
  return {
    async start(
      vendorOptions: NovuVendorOptions = {},
      more: Partial<NovuMailerOptions> = {},
    ): Promise<{ vendor: NovuVendor; mailer: MailerConnection }> {
      const vendor = await startNovuVendor(vendorOptions);
      running.push(vendor);
      return { vendor, mailer: createNovuMailer({ ...optionsFor(vendor.url), ...more }) };
    },
    /** Before a server that does just this. */
    async against(...behaviours: HttpBehaviour[]): Promise<{ server: FaultHttp; mailer: MailerConnection }> {
      const server = await startFaultHttp();
      running.push(server);
      server.script(...behaviours);
      return { server, mailer: createNovuMailer(optionsFor(server.url)) };
    },
    stop: async () => {
      await Promise.all(running.splice(0).map((one) => one.stop()));
    },
  };
}

/** A virtual clock for the vendor alone. */
export function vendorClock() {
  let nowMs = Date.parse('2026-11-22T10:00:00Z');
  return { now: () => nowMs, pass: (ms: number) => (nowMs += ms) };
}
