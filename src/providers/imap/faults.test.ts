import { describe, expect, it } from 'vitest';
import { imapFailure, imapFault } from './faults.ts';
import type { ImapFailure } from './faults.ts';

describe('the fault table of IMAP', () => {
  it.each<[ImapFailure, string, string]>([
    [{ ended: 'aborted', code: 'NoConnection' }, 'transient', 'aborted'],
    [{ ended: 'timeout', code: 'NoConnection' }, 'transient', 'imap_timeout'],
    [{ code: 'CONNECT_TIMEOUT' }, 'transient', 'imap_timeout'],
    [{ code: 'GREETING_TIMEOUT' }, 'transient', 'imap_timeout'],
    [{ code: 'ETIMEDOUT' }, 'transient', 'imap_timeout'],
    [{ code: 'ETHROTTLE', retryAfterMs: 5_000 }, 'rate_limited', 'imap_rate_limited'],
    [{ loginRefused: true, serverCode: 'AUTHENTICATIONFAILED' }, 'needs_human', 'imap_credentials'],
    [{ loginRefused: true }, 'needs_human', 'imap_credentials'],
    [{ loginRefused: true, serverCode: 'UNAVAILABLE' }, 'transient', 'imap_unreachable'],
    [{ mailboxMissing: true }, 'needs_human', 'imap_mailbox_missing'],
    [{ code: 'CERT_HAS_EXPIRED' }, 'needs_human', 'imap_tls'],
    [{ code: 'ECONNREFUSED' }, 'transient', 'imap_unreachable'],
    [{}, 'transient', 'imap_unreachable'],
  ])('calls %o %s, %s', (failure, kind, reason) => {
    expect(imapFault(failure)).toMatchObject({ kind, reason, provider: 'imap' });
  });

  it('keeps the wait the server asked for', () => {
    expect(imapFault({ code: 'ETHROTTLE', retryAfterMs: 5_000 }).retryAfterMs).toBe(5_000);
  });

  it.each([undefined, null, 'text'])('survives %o', (thrown) => {
    expect(imapFault(imapFailure(thrown, new AbortController().signal)).kind).toBe('transient');
  });
});
