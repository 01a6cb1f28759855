import { connect } from 'node:net';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openAdminPool } from '../../../test/setup/adminPool.ts';
import { createEmptyDatabase } from '../../../test/setup/database.ts';
import { createInbox } from './inbox.ts';
import type { Inbox } from './inbox.ts';

let database: Awaited<ReturnType<typeof createEmptyDatabase>>;
let pool: Pool;
let inbox: Inbox;
let imapPort: number;
let mailer: ReturnType<typeof createTransport>;
let client: ImapFlow;

beforeAll(async () => {
  database = await createEmptyDatabase();
  pool = openAdminPool(database.url);
  inbox = await createInbox({ pool, auth: { user: 'reader', password: 'se"cr\\et' } });
  imapPort = (await inbox.startImap(0)).port;
  const { port } = await inbox.startSmtp(0);
  mailer = createTransport({ host: '127.0.0.1', port, pool: true });
  await send({ messageId: '<one@shop.example>', to: 'ann@buyer.example', subject: 'First' });
  await send({
    messageId: '<two@shop.example>',
    to: 'Łucja <bob@buyer.example>',
    subject: 'Paragon – książka',
  });
});

afterAll(async () => {
  mailer.close();
  await inbox.stop();
  await pool.end();
  await database.drop();
});

beforeEach(async () => {
  client = newClient('se"cr\\et');
  await client.connect();
});

afterEach(() => client.close());

function newClient(pass: string): ImapFlow {
  return new ImapFlow({
    host: '127.0.0.1',
    port: imapPort,
    secure: false,
    logger: false,
    auth: { user: 'reader', pass },
  });
}

function send(mail: object): Promise<unknown> {
  return mailer.sendMail({ from: 'Shop <receipts@shop.example>', text: 'Thank you.', ...mail });
}

describe('IMAP server', () => {
  it('lets in only the user with the password', async () => {
    const stranger = newClient('wrong');

    await expect(stranger.connect()).rejects.toMatchObject({ authenticationFailed: true });
    stranger.close();
  });

  it('offers one mailbox with all mail, read-only', async () => {
    expect((await client.list()).map((mailbox) => mailbox.path)).toEqual(['INBOX']);
    expect(await client.mailboxOpen('INBOX')).toMatchObject({
      path: 'INBOX',
      exists: 2,
      readOnly: true,
      uidNext: 3,
    });
    expect(await client.mailboxOpen('INBOX', { readOnly: true })).toMatchObject({ exists: 2 });
    expect(await client.status('INBOX', { messages: true, uidNext: true })).toMatchObject({
      messages: 2,
      uidNext: 3,
    });
    await expect(client.mailboxOpen('Archive')).rejects.toMatchObject({ serverResponseCode: 'NONEXISTENT' });
  });

  it('finds mails by Message-ID, recipient, subject and day', async () => {
    await client.mailboxOpen('INBOX', { readOnly: true });
    const today = new Date();
    const tomorrow = new Date(today.getTime() + 24 * 3600 * 1000);

    expect(await client.search({ header: { 'message-id': '<two@shop.example>' } }, { uid: true })).toEqual([
      2,
    ]);
    expect(await client.search({ header: { 'message-id': '<nine@shop.example>' } }, { uid: true })).toEqual(
      [],
    );
    expect(await client.search({ to: 'ann@buyer.example' })).toEqual([1]);
    expect(await client.search({ to: 'Łucja' })).toEqual([2]);
    expect(await client.search({ since: today, all: true })).toEqual([1, 2]);
    expect(await client.search({ since: tomorrow })).toEqual([]);
    expect(await client.search({ or: [{ subject: 'First' }, { uid: '2:*' }] })).toEqual([1, 2]);
    expect(await client.search({ not: { subject: 'First' }, seen: false })).toEqual([2]);
    expect(await client.search({ seen: true })).toEqual([]);
  });

  it('gives envelope and source byte for byte', async () => {
    await client.mailboxOpen('INBOX');
    const mail = await client.fetchOne(
      '2',
      { uid: true, envelope: true, source: true, internalDate: true, size: true },
      { uid: true },
    );
    const stored = await pool.query<{ raw: Buffer }>('select raw from inbox_sandbox.mails where uid = 2');

    expect(mail).toMatchObject({
      uid: 2,
      seq: 2,
      size: stored.rows[0]?.raw.length,
      envelope: {
        messageId: '<two@shop.example>',
        subject: 'Paragon – książka',
        from: [{ name: 'Shop', address: 'receipts@shop.example' }],
        to: [{ name: 'Łucja', address: 'bob@buyer.example' }],
      },
    });
    expect(mail && mail.source?.equals(stored.rows[0]?.raw ?? Buffer.alloc(0))).toBe(true);
    expect(mail && Math.abs(Date.now() - new Date(mail.internalDate ?? 0).getTime())).toBeLessThan(60_000);
  });

  it('gives chosen headers and a slice of the text', async () => {
    await client.mailboxOpen('INBOX');
    const mail = await client.fetchOne('1', {
      headers: ['subject'],
      bodyParts: [{ key: 'TEXT', start: 6, maxLength: 3 }],
    });

    expect(mail && mail.headers?.toString()).toBe('Subject: First\r\n\r\n');
    expect(mail && mail.bodyParts?.get('text')?.toString()).toBe('you');
  });

  it('says no to what would change a mail', async () => {
    await client.mailboxOpen('INBOX');

    expect(await client.messageFlagsAdd('1', ['\\Seen'])).toBe(false);
  });

  it('tells every open client of new mail: while idle, and at the next command', async () => {
    const other = newClient('se"cr\\et');
    await other.connect();
    await other.mailboxOpen('INBOX');
    await client.mailboxOpen('INBOX');
    const told = new Promise((resolve) => client.once('exists', resolve));
    void client.idle();
    await send({ messageId: '<three@shop.example>', to: 'eve@buyer.example', subject: 'Third' });

    expect(await told).toMatchObject({ count: 3, prevCount: 2 });
    expect(await other.search({ to: 'eve@buyer.example' })).toEqual([3]);
    await other.noop();
    await other.logout();
  });

  it('answers BAD to what it cannot read, and goes on', async () => {
    const socket = connect(imapPort, '127.0.0.1');
    socket.setEncoding('utf8');
    socket.write(
      ['a (x', 'b FROB', 'c SELECT INBOX', 'd LOGIN {6}', 'reader "se\\"cr\\\\et"', 'e SELECT inbox']
        .concat([
          'f FETCH 1:x FLAGS',
          'g SEARCH SINCE 1-Foo-2020',
          'h FETCH 1 BODYSTRUCTURE',
          'i UID FETCH 1 FLAGS',
          'j LOGOUT',
          '',
        ])
        .join('\r\n'),
    );
    let text = '';
    for await (const chunk of socket) text += chunk as string;

    const answers = text.split('\r\n').filter((line) => /^([a-j] (OK|NO|BAD)|\+|\* 1 FETCH)/.test(line));
    expect(answers.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'a BAD',
      'b BAD',
      'c NO',
      '+ Go',
      'd OK',
      'e OK',
      'f BAD',
      'g BAD',
      'h BAD',
      '* 1',
      'i OK',
      'j OK',
    ]);
    expect(text).toContain('* 1 FETCH (UID 1 FLAGS ())\r\n');
  });
});
