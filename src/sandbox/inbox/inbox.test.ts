import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { createTransport } from 'nodemailer';
import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openAdminPool } from '../../../test/setup/adminPool.ts';
import { createEmptyDatabase } from '../../../test/setup/database.ts';
import { createInbox } from './inbox.ts';
import type { Inbox } from './inbox.ts';

type Page = { total: number; messages_count: number; messages: Array<{ ID: string }> };

let database: Awaited<ReturnType<typeof createEmptyDatabase>>;
let pool: Pool;
let inbox: Inbox;
let smtpPort: number;
let url: string;

beforeAll(async () => {
  database = await createEmptyDatabase();
  pool = openAdminPool(database.url);
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

beforeEach(async () => {
  await pool.query('drop schema if exists inbox_sandbox cascade');
  inbox = await createInbox({ pool, auth: { user: 'reader', password: 'secret' } });
  smtpPort = (await inbox.startSmtp(0)).port;
  url = (await inbox.startHttp(0)).url;
});

afterEach(() => inbox.stop());

function mailer(options: object = {}) {
  return createTransport({ host: '127.0.0.1', port: smtpPort, ...options });
}

const receipt = {
  from: 'Shop <receipts@shop.example>',
  to: 'Łucja <lucja@buyer.example>',
  subject: 'Paragon 7 – książka',
  messageId: '<receipt-7@shop.example>',
  text: 'Dziękujemy.',
  html: '<p>Dziękujemy.</p>',
  attachments: [{ filename: 'paragon-7.pdf', content: Buffer.from('%PDF-1.7 seven') }],
};

async function get<T>(path: string): Promise<T> {
  return (await (await fetch(url + path)).json()) as T;
}

async function setFault(fault: object): Promise<number> {
  const answer = await fetch(`${url}/api/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  return answer.status;
}

describe('inbox', () => {
  it('shows an accepted mail through the API, with its parts and its source', async () => {
    await mailer().sendMail(receipt);

    const { messages } = await get<Page>('/api/v1/messages');
    expect(messages).toMatchObject([
      {
        MessageID: 'receipt-7@shop.example',
        From: { Name: 'Shop', Address: 'receipts@shop.example' },
        To: [{ Name: 'Łucja', Address: 'lucja@buyer.example' }],
        Subject: 'Paragon 7 – książka',
        Attachments: 1,
        Snippet: 'Dziękujemy.',
      },
    ]);
    const id = messages[0]?.ID;
    expect(await get(`/api/v1/message/${id}`)).toMatchObject({
      Text: 'Dziękujemy.\n',
      HTML: '<p>Dziękujemy.</p>\n',
      Attachments: [{ PartID: '1', FileName: 'paragon-7.pdf', ContentType: 'application/pdf', Size: 14 }],
    });
    const part = await fetch(`${url}/api/v1/message/${id}/part/1`);
    expect(part.headers.get('content-disposition')).toContain('attachment');
    expect(await part.text()).toBe('%PDF-1.7 seven');
    expect(await (await fetch(`${url}/api/v1/message/${id}/raw`)).text()).toContain(
      'Message-ID: <receipt-7@shop.example>',
    );
  });

  it('keeps duplicates, counts both and knows they are one message', async () => {
    await mailer().sendMail(receipt);
    await mailer({ auth: { user: 'any', pass: 'thing' } }).sendMail(receipt);

    expect(await get('/api/stats')).toEqual({ accepted: 2, distinctMessageIds: 1 });
  });

  it('finds by whole address, part of a name or subject, and whole Message-ID', async () => {
    await mailer().sendMail(receipt);
    const count = async (query: string) =>
      (await get<Page>(`/api/v1/search?query=${encodeURIComponent(query)}`)).messages_count;

    expect(await count('to:"LUCJA@buyer.example"')).toBe(1);
    expect(await count('to:"ucja@buyer.example"')).toBe(0);
    expect(await count('to:"Łuc"')).toBe(1);
    expect(await count('message-id:"<receipt-7@shop.example>"')).toBe(1);
    expect(await count('message-id:"receipt@shop.example"')).toBe(0);
    expect(await count('subject:"książka" from:"receipts@shop.example"')).toBe(1);
    expect(await count('subject:"książka" from:"other@shop.example"')).toBe(0);
    expect(await count('subject:"%"')).toBe(0);
    expect(await count('lucja@')).toBe(1);
  });

  it('takes a mail it cannot read, with NUL and broken MIME, and shows it all the same', async () => {
    const raw = 'Subject: =?utf-8?Q?a=00b?=\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n\0\xff';
    await mailer().sendMail({
      envelope: { from: 'a@shop.example', to: 'b@buyer.example' },
      raw: Buffer.from(raw, 'latin1'),
    });

    const { messages } = await get<Page>('/api/v1/search?query=to:b@buyer.example');
    expect(messages).toMatchObject([{ MessageID: '', Subject: 'a\uFFFDb' }]);
    expect((await fetch(`${url}/mail/${messages[0]?.ID}`)).status).toBe(200);
  });

  it('keeps its mails when it is stopped and started anew', async () => {
    await mailer().sendMail(receipt);
    await inbox.stop();
    inbox = await createInbox({ pool, auth: { user: 'reader', password: 'secret' } });
    url = (await inbox.startHttp(0)).url;

    expect(await get('/api/stats')).toEqual({ accepted: 1, distinctMessageIds: 1 });
  });

  it('takes a burst over ten connections with fewer flushes to disk than mails', async () => {
    const transport = mailer({ pool: true, maxConnections: 10, maxMessages: Infinity });
    await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        transport.sendMail({ ...receipt, messageId: `<m${n}@shop.example>`, to: `buyer${n}@buyer.example` }),
      ),
    );
    transport.close();

    expect(await get('/api/stats')).toEqual({ accepted: 200, distinctMessageIds: 200 });
    const flushes = await pool.query('select distinct xmin::text from inbox_sandbox.mails');
    expect(flushes.rowCount).toBeLessThan(190);
  });

  it('does not keep a mail that breaks off in the middle', async () => {
    const socket = connect(smtpPort, '127.0.0.1');
    const broken = once(socket, 'close');
    const commands = ['EHLO x', 'MAIL FROM:<a@shop.example>', 'RCPT TO:<b@buyer.example>', 'DATA'];
    for await (const reply of createInterface(socket)) {
      // The last line of a reply has a space after its code.
      if (/^\d{3}-/.test(reply)) continue;
      if (reply.startsWith('354')) socket.end('Subject: half\r\n\r\nThis is where');
      else socket.write(`${commands.shift()}\r\n`);
    }
    await broken;

    expect(await get('/api/stats')).toEqual({ accepted: 0, distinctMessageIds: 0 });
  });
});

describe('SMTP faults', () => {
  it.each([
    ['421', 421],
    ['450', 450],
    ['550', 550],
  ])('answers %s as often as told, then takes mail again', async (mode, responseCode) => {
    await setFault({ mode, remaining: 1 });

    await expect(mailer().sendMail(receipt)).rejects.toMatchObject({ responseCode });
    await mailer().sendMail(receipt);
    expect(await get('/api/faults')).toEqual({ mode: 'none' });
  });

  it('hits only the recipient it was set for', async () => {
    await setFault({ mode: '550', recipient: 'Other@buyer.example' });

    await mailer().sendMail(receipt);
    await expect(mailer().sendMail({ ...receipt, to: 'other@buyer.example' })).rejects.toThrow('550');
  });

  it('refuses connections and cuts the open ones until told otherwise', async () => {
    const pooled = mailer({ pool: true });
    await pooled.sendMail(receipt);
    await setFault({ mode: 'refuse_connection' });

    await expect(mailer().sendMail(receipt)).rejects.toThrow('ECONNREFUSED');
    await setFault({ mode: 'none' });
    await pooled.sendMail(receipt);
    pooled.close();
    expect(await get('/api/stats')).toMatchObject({ accepted: 2 });
  });

  it('resets a counted number of connections', async () => {
    await setFault({ mode: 'refuse_connection', remaining: 1 });

    await expect(mailer().sendMail(receipt)).rejects.toThrow(/ECONNRESET|closed/);
    await mailer().sendMail(receipt);
  });

  it.each([
    ['drop_after_data_accepted', 1],
    ['drop_after_data_lost', 0],
  ])('%s: the sender sees a cut connection, the inbox keeps %i', async (mode, kept) => {
    await setFault({ mode, remaining: 1 });

    await expect(mailer().sendMail(receipt)).rejects.toThrow(/ECONNRESET|closed/);
    expect(await get('/api/stats')).toMatchObject({ accepted: kept });
  });

  it('hangs without a word, and lets go when told otherwise', async () => {
    await setFault({ mode: 'hang' });
    let answered = false;
    const sending = mailer()
      .sendMail(receipt)
      .finally(() => (answered = true));
    await expect(mailer({ socketTimeout: 150 }).sendMail(receipt)).rejects.toThrow(/[Tt]imeout/);

    expect(answered).toBe(false);
    await setFault({ mode: 'none' });
    await expect(sending).rejects.toThrow(/ECONNRESET|closed/);
    expect(await get('/api/stats')).toMatchObject({ accepted: 0 });
  });

  it('does not take an unknown fault', async () => {
    expect(await setFault({ mode: 'explode' })).toBe(400);
    expect(await setFault({ mode: '450', times: 3 })).toBe(400);
  });
});
