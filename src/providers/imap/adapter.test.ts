import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultOf } from '../../../test/contract/faultOf.ts';
import { startScriptedImap } from '../../../test/vendors/scriptedImap.ts';
import type { ScriptedImap } from '../../../test/vendors/scriptedImap.ts';
import { createImapJournal } from './adapter.ts';
import type { ImapJournal } from './adapter.ts';

const account = { user: 'journal', password: 'hunter2', mailbox: 'Sent receipts' };
const never = new AbortController().signal;
const mail = (id: string, to = 'buyer@example.net') =>
  `Message-ID: <${id}>\r\nTo: ${to}\r\n\r\nHello ${id}\r\n`;

let server: ScriptedImap;
let journal: ImapJournal;
const journalOf = (options = {}) =>
  createImapJournal({
    host: '127.0.0.1',
    port: server.port,
    secure: false,
    timeoutMs: 2_000,
    ...account,
    ...options,
  });

beforeEach(async () => {
  server = await startScriptedImap(account);
  journal = journalOf();
});
afterEach(async () => {
  journal.close();
  await server.stop();
});

describe('a journal over IMAP', () => {
  it('finds a mail by its Message-ID', async () => {
    const receivedAt = new Date();
    server.mails.push({ source: mail('a@shop'), receivedAt }, { source: mail('b@shop'), receivedAt });
    expect(await journal.find('<b@shop>', never)).toEqual({ uid: 2 });
    expect(await journal.find('<c@shop>', never)).toBeUndefined();
  });

  it('only looks: the mailbox is opened read-only', async () => {
    await journal.find('<a@shop>', never);
    expect(server.commands.some((command) => command.includes('EXAMINE'))).toBe(true);
    expect(server.commands.some((command) => command.includes('SELECT'))).toBe(false);
  });

  it('says that its login is refused, without the password', async () => {
    const fault = await faultOf(journalOf({ password: 'swordfish' }).find('<a@shop>', never));
    expect(fault).toMatchObject({ kind: 'needs_human', reason: 'imap_credentials' });
    expect(fault.message).not.toContain('swordfish');
  });

  it('says that the mailbox does not exist', async () => {
    expect(await faultOf(journalOf({ mailbox: 'Nowhere' }).find('<a@shop>', never))).toMatchObject({
      kind: 'needs_human',
      reason: 'imap_mailbox_missing',
    });
  });

  it('ends at its deadline when the server falls silent', async () => {
    server.hangAt('UID SEARCH');
    expect(await faultOf(journalOf({ timeoutMs: 100 }).find('<a@shop>', never))).toMatchObject({
      kind: 'transient',
      reason: 'imap_timeout',
    });
  });

  it('stops when called off', async () => {
    server.hangAt('UID SEARCH');
    const caller = new AbortController();
    const asking = faultOf(journal.find('<a@shop>', caller.signal));
    await expect
      .poll(() => server.commands.some((command) => command.includes('SEARCH')), { interval: 5 })
      .toBe(true);
    caller.abort();
    expect(await asking).toMatchObject({ kind: 'transient', reason: 'aborted' });
  });

  it('does not mistake a server that is gone for a mailbox without the mail', async () => {
    await server.stop();
    expect(await faultOf(journal.find('<a@shop>', never))).toMatchObject({ reason: 'imap_unreachable' });
  });

  it('refuses a Message-ID that could be an IMAP command', async () => {
    await expect(journal.find('<a@shop>\r\nA1 LOGOUT', never)).rejects.toThrow(TypeError);
  });
});

describe('waiting for a mail', () => {
  const since = new Date('2026-11-22T10:00:00.500Z');

  it('returns the first fitting one that arrives, with its source', async () => {
    server.mails.push(
      { source: mail('old@shop'), receivedAt: new Date('2026-11-22T09:59:59Z') },
      { source: mail('other@shop', 'someone@example.net'), receivedAt: since },
      { source: mail('unfit@shop'), receivedAt: since },
    );
    const matches = (source: Uint8Array) => !Buffer.from(source).includes('unfit');
    const waiting = journal.waitForMessage({ to: 'buyer@example.net', since, matches, pollMs: 5 }, never);
    await expect
      .poll(() => server.commands.filter((line) => line.includes('SEARCH')).length, { interval: 5 })
      .toBeGreaterThan(1);
    server.mails.push({ source: mail('new@shop'), receivedAt: since });
    const found = await waiting;
    expect(found.uid).toBe(4);
    expect(server.commands.filter((line) => line.includes('UID FETCH 3 '))).toHaveLength(1);
    expect(Buffer.from(found.source).toString()).toBe(mail('new@shop'));
  });

  it('gives up when its signal fires', async () => {
    const caller = new AbortController();
    const waiting = faultOf(
      journal.waitForMessage(
        { to: 'buyer@example.net', since, matches: () => true, pollMs: 5 },
        caller.signal,
      ),
    );
    await expect
      .poll(() => server.commands.some((line) => line.includes('SEARCH')), { interval: 5 })
      .toBe(true);
    caller.abort(new DOMException('Too late.', 'TimeoutError'));
    expect(await waiting).toMatchObject({ kind: 'transient', reason: 'imap_timeout' });
  });
});
