import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultOf } from '../../../test/contract/faultOf.ts';
import { startFaultSmtp } from '../../../test/vendors/faultSmtp.ts';
import type { FaultSmtp, SmtpBehaviour } from '../../../test/vendors/faultSmtp.ts';
import { createSmtpMailer } from './adapter.ts';

let server: FaultSmtp;
const never = new AbortController().signal;

const mailer = (options: { user?: string; requireTls?: boolean } = {}) =>
  createSmtpMailer({
    host: '127.0.0.1',
    port: server.port,
    secure: false,
    requireTls: false,
    password: 'hunter2',
    maxConnections: 1,
    connectTimeoutMs: 50,
    greetingTimeoutMs: 50,
    socketTimeoutMs: 5_000,
    totalTimeoutMs: 5_000,
    ...options,
  });

beforeEach(async () => {
  server = await startFaultSmtp();
});
afterEach(() => server.stop());

describe('verifying a mail server', () => {
  it.each([{}, { user: 'shop' }])(
    'is content with one that answers, and sends nothing: %j',
    async (options) => {
      await expect(mailer(options).verify(never)).resolves.toBeUndefined();
      expect(server.taken).toEqual([]);
    },
  );

  it.each<[SmtpBehaviour, string, string]>([
    [{ mode: 'reply', at: 'auth', reply: '535 5.7.8 no' }, 'needs_human', 'smtp_credentials'],
    [{ mode: 'reply', at: 'auth', reply: '454 4.7.0 later' }, 'transient', 'smtp_unavailable'],
    [{ mode: 'reply', at: 'ehlo', reply: '250 no extensions here' }, 'needs_human', 'smtp_credentials'],
    [{ mode: 'reply', at: 'greeting', reply: '554 5.3.2 no service' }, 'transient', 'smtp_unavailable'],
    [{ mode: 'close', at: 'greeting' }, 'transient', 'smtp_unreachable'],
    [{ mode: 'reset', at: 'auth' }, 'transient', 'smtp_unreachable'],
    [{ mode: 'hang', at: 'greeting' }, 'transient', 'smtp_timeout'],
    [{ mode: 'hang', at: 'auth' }, 'transient', 'smtp_timeout'],
    [{ mode: 'slow', byteEveryMs: 20 }, 'transient', 'smtp_timeout'],
  ])('ends in a fault at %o', async (behaviour, kind, reason) => {
    server.behave(behaviour);
    const fault = await faultOf(mailer({ user: 'shop' }).verify(never));
    expect(fault).toMatchObject({ kind, reason, provider: 'smtp' });
    expect(`${fault.message}${String(fault.cause)}`).not.toContain('hunter2');
  });

  it('ends when it is called off, and leaves no connection behind', async () => {
    server.behave({ mode: 'hang', at: 'ehlo' });
    const caller = new AbortController();
    const verifying = faultOf(mailer().verify(caller.signal));
    await expect.poll(() => server.connections, { interval: 5 }).toBe(1);
    caller.abort();
    expect(await verifying).toMatchObject({ kind: 'transient', reason: 'aborted' });
    await expect.poll(() => server.open(), { interval: 5 }).toBe(0);
    expect(await faultOf(mailer().verify(AbortSignal.abort()))).toMatchObject({ reason: 'aborted' });
  });
});
