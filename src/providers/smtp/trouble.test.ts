import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { faultOf } from '../../../test/contract/faultOf.ts';
import { smtpPhases, startFaultSmtp } from '../../../test/vendors/faultSmtp.ts';
import type { FaultSmtp, SmtpPhase } from '../../../test/vendors/faultSmtp.ts';
import { createSmtpMailer } from './adapter.ts';
import type { SmtpMailerOptions } from './adapter.ts';

let server: FaultSmtp;
const mailers: Array<{ close(): void }> = [];
const never = new AbortController().signal;
const tenMinutesMs = 10 * 60_000;

const mail = {
  from: 'receipts@shop.example',
  to: 'buyer@example.net',
  messageId: '<m1@shop.example>',
  bytes: Buffer.from('Message-ID: <m1@shop.example>\r\n\r\nHello\r\n'),
};

/** Larger than every buffer between us and the socket, so that its end cannot be out while the server does not read. */
const largeMail = {
  ...mail,
  bytes: Buffer.from(`Subject: x\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(150_000)}`),
};
const mailFor = (phase: SmtpPhase) => (phase === 'mid_data' ? largeMail : mail);

function mailerAt(port: number, options: Partial<SmtpMailerOptions> = {}) {
  const mailer = createSmtpMailer({
    host: '127.0.0.1',
    port,
    secure: false,
    requireTls: false,
    user: 'shop',
    password: 'hunter2',
    maxConnections: 1,
    connectTimeoutMs: 5_000,
    greetingTimeoutMs: 5_000,
    socketTimeoutMs: 5_000,
    totalTimeoutMs: 5_000,
    ...options,
  });
  mailers.push(mailer);
  return mailer;
}

beforeEach(async () => {
  server = await startFaultSmtp();
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const mailer of mailers.splice(0)) mailer.close();
  await server.stop();
});

const phases = smtpPhases.filter((phase) => phase !== 'starttls');
/** Only after the final dot is it unknown whether the mail was taken. */
const kindAt = (phase: SmtpPhase) => (phase === 'final_dot' ? 'unknown_effect' : 'transient');

describe('a mail server that fails', () => {
  it('is unreachable where nothing listens', async () => {
    const closed = await closedPort();
    expect(await faultOf(mailerAt(closed).send(mail, never))).toMatchObject({
      kind: 'transient',
      reason: 'smtp_unreachable',
    });
  });

  it('is unreachable where its name is nobody’s', async () => {
    const mailer = mailerAt(25, { host: 'nowhere.invalid', requireTls: true });
    expect(await faultOf(mailer.send(mail, never))).toMatchObject({
      kind: 'transient',
      reason: 'smtp_unreachable',
    });
  });

  it.each(phases)('by a reset connection, is judged by the phase: %s', async (at) => {
    server.behave({ mode: 'reset', at });
    expect(await faultOf(mailerAt(server.port).send(mailFor(at), never))).toMatchObject({ kind: kindAt(at) });
    expect(server.taken).toEqual([]);
    expect(server.connections).toBe(1);
  });

  it.each(phases)('by silence, is judged by the phase: %s', async (at) => {
    server.behave({ mode: 'hang', at, taken: true });
    const mailer = mailerAt(server.port, { socketTimeoutMs: 40, greetingTimeoutMs: 40 });
    const fault = await faultOf(mailer.send(mailFor(at), never));
    expect(fault).toMatchObject({
      kind: kindAt(at),
      reason: at === 'final_dot' ? 'smtp_answer_lost' : 'smtp_timeout',
    });
    expect(server.taken).toHaveLength(at === 'final_dot' ? 1 : 0);
  });

  it.each(phases)(
    'by silence before the mail is out, is not waited for as long as afterwards: %s',
    async (at) => {
      server.behave({ mode: 'hang', at, taken: true });
      const began = performance.now();
      const fault = await faultOf(
        mailerAt(server.port, { handoverTimeoutMs: 100, totalTimeoutMs: 600 }).send(mailFor(at), never),
      );
      const tookMs = performance.now() - began;
      if (at === 'final_dot') {
        expect(fault).toMatchObject({ kind: 'unknown_effect', reason: 'smtp_answer_lost' });
        expect(tookMs).toBeGreaterThan(590);
      } else {
        expect(fault).toMatchObject({ kind: 'transient', reason: 'smtp_timeout' });
        expect(tookMs).toBeLessThan(590);
      }
    },
  );

  it.each(phases)('by an answer without end, is cut off and judged by the phase: %s', async (at) => {
    server.behave({ mode: 'endless', at, taken: true });
    expect(await faultOf(mailerAt(server.port).send(mailFor(at), never))).toMatchObject({ kind: kindAt(at) });
    expect(server.taken).toHaveLength(at === 'final_dot' ? 1 : 0);
  });

  it('by answering byte by byte, is given up at the total deadline', async () => {
    server.behave({ mode: 'slow', byteEveryMs: 20 });
    const mailer = mailerAt(server.port, { totalTimeoutMs: 120, socketTimeoutMs: 60 });
    expect(await faultOf(mailer.send(mail, never))).toMatchObject({
      kind: 'transient',
      reason: 'smtp_timeout',
    });
    expect(server.taken).toEqual([]);
  });

  it('by taking one Message-ID twice, has two mails: nothing but the sender keeps them apart', async () => {
    const mailer = mailerAt(server.port);
    await mailer.send(mail, never);
    await mailer.send(mail, never);
    expect(server.taken).toHaveLength(2);
    expect(mailer.capabilities.dedupe).toBeNull();
  });
});

describe('encryption', () => {
  it.each([
    ['454 4.7.0 not now', 'transient'],
    ['502 5.5.1 not here', 'needs_human'],
    // Agreed to, and then it speaks no TLS.
    ['220 2.0.0 go ahead', 'needs_human'],
  ])('that begins with %j and does not come about is no reason to send in the clear', async (reply, kind) => {
    await server.stop();
    server = await startFaultSmtp(['STARTTLS']);
    if (!reply.startsWith('220')) server.behave({ mode: 'reply', at: 'starttls', reply });
    const fault = await faultOf(mailerAt(server.port, { requireTls: true }).send(mail, never));
    expect(fault).toMatchObject({ kind, reason: 'smtp_tls' });
    expect(server.taken).toEqual([]);
  });

  it('with a certificate that nobody has signed is refused', async () => {
    const taken: string[] = [];
    // Its own key and certificate are in its package, made for nobody; it warns of them.
    vi.spyOn(console, 'warn').mockReturnValue();
    const real = new SMTPServer({
      authOptional: true,
      onMailFrom: (address, _session, done) => {
        taken.push(address.address);
        done();
      },
    });
    real.on('error', () => undefined);
    await new Promise<void>((ready) => real.listen(0, '127.0.0.1', ready));
    const { port } = real.server.address() as AddressInfo;
    const fault = await faultOf(mailerAt(port, { requireTls: true }).send(mail, never));
    expect(fault).toMatchObject({ kind: 'needs_human', reason: 'smtp_tls' });
    expect(await faultOf(mailerAt(port, { requireTls: true }).verify(never))).toMatchObject({
      reason: 'smtp_tls',
    });
    expect(taken).toEqual([]);
    await new Promise<void>((closed) => real.close(() => closed()));
  });
});

describe('the 250 that comes late', () => {
  const patient = { socketTimeoutMs: 2 * tenMinutesMs, totalTimeoutMs: tenMinutesMs };

  /** Sends, waits until the mail is out, and lets so much time pass. */
  async function sendAndPass(ms: number) {
    const outcome = mailerAt(server.port, patient)
      .send(mail, never)
      .catch((fault: unknown) => fault);
    let isOver = false;
    void outcome.then(() => (isOver = true));
    await expect.poll(() => server.taken.length, { interval: 5 }).toBe(1);
    await vi.advanceTimersByTimeAsync(ms);
    return { outcome, isOver: () => isOver };
  }

  beforeEach(() => {
    server.behave({ mode: 'hang', at: 'final_dot', taken: true });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('after nine minutes is waited for', async () => {
    const { outcome, isOver } = await sendAndPass(9 * 60_000);
    expect(isOver()).toBe(false);
    server.say('250 2.0.0 at last');
    expect(await outcome).toEqual({ provider: 'smtp', reference: '250 2.0.0 at last', evidence: 'answer' });
  });

  it('after eleven minutes is not: nobody knows by then, and nothing was sent twice', async () => {
    const { outcome } = await sendAndPass(11 * 60_000);
    server.say('250 2.0.0 at last');
    expect(await outcome).toMatchObject({ kind: 'unknown_effect', reason: 'smtp_answer_lost' });
    expect(server.taken).toHaveLength(1);
    expect(server.connections).toBe(1);
  });
});

async function closedPort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((ready) => listener.listen(0, '127.0.0.1', ready));
  const { port } = listener.address() as AddressInfo;
  await new Promise((closed) => listener.close(closed));
  return port;
}
