import crypto, { randomBytes, randomUUID } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/main/systemClock.ts';
import { createProgressTokens } from '../../src/shelf/checkout/progressTokens.ts';
import { createFollowLink } from '../../src/shelf/followLink.ts';
import { createFreshMails } from '../../src/shelf/freshMail.ts';
import { createLinkTokens } from '../../src/shelf/linkTokens.ts';
import { createReceiptPages } from '../../src/shelf/paperPages.ts';
import { createReminderLinks } from '../../src/shelf/stopReminders.ts';
import { createShelfStore } from '../../src/store/shelf/shelfStore.ts';
import { buildHttpServer } from '../builders/httpServer.ts';
import { insertMailLink, type OwnedEbookRow } from '../builders/ownedEbook.ts';
import { browser, copyBytes, startShelfStack, type ShelfStack } from '../builders/shelfStack.ts';

/** HMACs and statements that answers have cost: counted, for a clock would tell of the machine. */
const work = { hmacs: 0, statements: 0 };

const { createHmac } = crypto;
/** For every module, those too that were loaded before: none is loaded anew for this file. */
function putHmac(hmac: typeof createHmac) {
  crypto.createHmac = hmac;
  syncBuiltinESMExports();
}

const [oldKey, newKey] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
let stack: ShelfStack;
let store: ReturnType<typeof createShelfStore>;

/** Counts what goes over connections that are made from now on. */
function countStatements(pool: pg.Pool) {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...given: unknown[]) => unknown;
    client.query = ((...given: unknown[]) => {
      work.statements += 1;
      return query(...given);
    }) as typeof client.query;
  });
}

beforeAll(async () => {
  putHmac((...given) => {
    work.hmacs += 1;
    return createHmac(...given);
  });
  stack = await startShelfStack();
  countStatements(stack.pool);
  store = createShelfStore(stack.pool);
});
afterAll(() => {
  putHmac(createHmac);
  return stack.stop();
});

/** The doors that take tokens, with these keys. */
function openDoors(...keys: Uint8Array[]) {
  const tokens = createLinkTokens({ keys });
  const telemetry = { emit: () => undefined };
  const papers = { store, tokens, renderHtml: () => '<p>The receipt</p>', renderPdf: async () => copyBytes };
  const { server } = buildHttpServer({
    telemetry,
    followLink: createFollowLink({
      store,
      tokens,
      telemetry,
      openCopy: async () => ({
        chunks: (async function* () {
          yield copyBytes;
        })(),
        close: () => undefined,
      }),
      redirectTo: null,
      limits: { perLink: 100, perEbook: 300 },
      clientHashKey: new Uint8Array(32),
    }),
    freshMails: createFreshMails({ store, tokens, onWork: () => undefined }),
    receiptPages: createReceiptPages(papers),
    reminderLinks: createReminderLinks({ store, tokens }),
  });
  const ask = async (method: 'GET' | 'HEAD' | 'POST', url: string) => {
    [work.hmacs, work.statements] = [0, 0];
    const form = { ...browser, 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await server.inject({
      method,
      url,
      headers: method === 'POST' ? form : browser,
      ...(method === 'POST' && { payload: '' }),
    });
    const { date: _date, 'x-request-id': _id, ...headers } = answer.headers;
    return { status: answer.statusCode, seen: { headers, body: answer.body }, cost: { ...work } };
  };
  return { tokens, ask, click: (token: string) => ask('GET', `/d/${token}`) };
}

const altered = (token: string, at: number) =>
  token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);

/** A bought book with a receipt and a link in a mail. */
async function aLink(options: { expiresInSeconds?: number } = {}) {
  const ebook = await stack.givenEbook();
  return { ebook, linkId: await insertMailLink(stack.admin, ebook, options) };
}

const forget = ({ profileId, paymentId, email }: OwnedEbookRow) =>
  stack.admin.query(`select fulfillment.erase_person($1, $2, $3, 'staff:auth0|anna')`, [
    [profileId],
    [paymentId],
    [email],
  ]);

/** Removes a row and nothing that refers to it, as a restored table may lack it. */
async function lose(table: string, id: string) {
  const client = await stack.admin.connect();
  await client.query('set session_replication_role = replica');
  await client.query(`delete from fulfillment.${table} where id = $1`, [id]);
  await client.query('reset session_replication_role');
  client.release();
}

/** Tokens that were never given to anybody, for a link that there is. */
async function madeUp() {
  const { tokens } = openDoors(newKey);
  const { ebook, linkId } = await aLink();
  const [token, other] = [tokens.write('download-link', linkId), (await aLink()).linkId];
  const progress = createProgressTokens({ keys: [newKey], clock: systemClock });
  return {
    guessed: randomBytes(33).toString('base64url'),
    'with another id': altered(token, 3),
    'with another proof': altered(token, 30),
    'with the id of another order': tokens.write('download-link', other).slice(0, 22) + token.slice(22),
    'of another shop': createLinkTokens({ keys: [randomBytes(32)] }).write('download-link', linkId),
    'of a receipt': tokens.write('receipt-page', ebook.paymentId),
    'of a receipt, naming the link': tokens.write('receipt-page', linkId),
    'of a credit note, naming the link': tokens.write('credit-note-page', linkId),
    'of reminders': tokens.write('claim-reminders', ebook.profileId),
    'of the page after the checkout': progress.write(ebook.paymentId),
    'of a sign-in': `eyJhbGciOiJub25lIn0.${Buffer.from('{"sub":"auth0|anna"}').toString('base64url')}.`,
    'cut off': token.slice(0, 43),
    'with more behind it': `${token}A`,
    'in small letters': token.toLowerCase(),
    empty: '',
    'very long': 'A'.repeat(5_000),
  };
}

describe('a token that nobody was given', () => {
  it('gets the same page byte for byte, for the same work, whatever is wrong with it', async () => {
    const { click } = openDoors(newKey, oldKey);
    const first = await click(randomBytes(33).toString('base64url'));
    expect(first).toMatchObject({ status: 404, cost: { hmacs: 2, statements: 0 } });
    expect(first.seen.body).toContain('<h1>');
    for (const [what, token] of Object.entries(await madeUp()))
      expect({ what, ...(await click(token)) }).toEqual({ what, ...first });
  });

  it('gets the same by HEAD, and where fresh links are asked for', async () => {
    const { ask } = openDoors(newKey, oldKey);
    const guess = randomBytes(33).toString('base64url');
    const [head, post] = [await ask('HEAD', `/d/${guess}`), await ask('POST', `/d/${guess}/mail`)];
    expect([head.status, post.status]).toEqual([404, 404]);
    for (const [what, token] of Object.entries(await madeUp())) {
      expect({ what, ...(await ask('HEAD', `/d/${token}`)) }).toEqual({ what, ...head });
      expect({ what, ...(await ask('POST', `/d/${token}/mail`)) }).toEqual({ what, ...post });
    }
  });

  it('opens no receipt and stops no reminders, for the same work', async () => {
    const { ask, tokens } = openDoors(newKey, oldKey);
    const { ebook, linkId } = await aLink();
    const receipt = tokens.write('receipt-page', ebook.paymentId);
    const reminders = tokens.write('claim-reminders', ebook.profileId);
    for (const [door, mine, method] of [
      ['/r/', receipt, 'GET'],
      ['/reminders/', reminders, 'GET'],
      ['/reminders/', reminders, 'POST'],
    ] as const) {
      const guess = await ask(method, door + randomBytes(33).toString('base64url'));
      expect(guess).toMatchObject({ status: 404, cost: { hmacs: 2, statements: 0 } });
      const wrong = [altered(mine, 3), altered(mine, 30), tokens.write('download-link', linkId), 'x'];
      for (const token of wrong) expect(await ask(method, door + token)).toEqual(guess);
      expect((await ask(method, door + mine)).status).toBe(200);
    }
  });
});

describe('a token that was given to its buyer', () => {
  it.each([
    ['whose time is over', 410, { expiresInSeconds: -1 }, async () => undefined],
    [
      'whose order was refunded',
      403,
      {},
      ({ entitlementId }: OwnedEbookRow) => stack.setState(entitlementId, 'revoked'),
    ],
    [
      'whose time is over and whose order was refunded',
      403,
      { expiresInSeconds: -1 },
      ({ entitlementId }: OwnedEbookRow) => stack.setState(entitlementId, 'revoked'),
    ],
    [
      'whose copy is being made',
      202,
      {},
      ({ entitlementId }: OwnedEbookRow) => stack.setState(entitlementId, 'processing'),
    ],
  ] as const)(
    '%s gets a page of its own (%i), and no bytes of the book',
    async (_what, status, options, do_) => {
      const { click, tokens } = openDoors(newKey);
      const { ebook, linkId } = await aLink(options);
      await do_(ebook);
      const answer = await click(tokens.write('download-link', linkId));
      expect(answer.status).toBe(status);
      expect(answer.seen.body).not.toContain(copyBytes.toString());
      expect(answer.seen.body).not.toContain(ebook.email);
    },
  );

  it('is as unknown as a guess once its buyer, its row or its right is gone', async () => {
    const { click, ask, tokens } = openDoors(newKey);
    const guess = randomBytes(33).toString('base64url');
    const unknown = await click(guess);
    const unknownMail = await ask('POST', `/d/${guess}/mail`);
    const gone: Array<[string, (link: Awaited<ReturnType<typeof aLink>>) => Promise<unknown>]> = [
      ['its buyer is forgotten', ({ ebook }) => forget(ebook)],
      ['its row is gone', ({ linkId }) => lose('download_links', linkId)],
      ['the right to the book is gone', ({ ebook }) => lose('ebook_entitlements', ebook.entitlementId)],
      ['the shelf is gone', ({ ebook }) => lose('profiles', ebook.profileId)],
    ];
    for (const [what, happens] of gone) {
      const link = await aLink();
      const token = tokens.write('download-link', link.linkId);
      expect((await click(token)).status, what).toBe(200);
      await happens(link);
      const { status, seen, cost } = await click(token);
      expect({ what, status, seen }).toEqual({ what, status: 404, seen: unknown.seen });
      // Only who holds a token of ours has the database asked: it tells nothing to those who guess.
      expect(cost).toEqual({ hmacs: unknown.cost.hmacs, statements: 1 });
      expect((await ask('POST', `/d/${token}/mail`)).seen).toEqual(unknownMail.seen);
    }
  });

  it('for a link that there never was is unknown as well', async () => {
    const { click, tokens } = openDoors(newKey);
    const unknown = await click('x');
    expect((await click(tokens.write('download-link', randomUUID()))).seen).toEqual(unknown.seen);
  });

  it('has its receipt gone with its buyer, on the page of any guess', async () => {
    const { ask, tokens } = openDoors(newKey);
    const { ebook } = await aLink();
    const url = `/r/${tokens.write('receipt-page', ebook.paymentId)}`;
    expect((await ask('GET', url)).status).toBe(200);
    await forget(ebook);
    const { status, seen } = await ask('GET', url);
    const guess = await ask('GET', `/r/${randomBytes(33).toString('base64url')}`);
    expect({ status, seen }).toEqual({ status: 404, seen: guess.seen });
  });
});

describe('a rotated key', () => {
  it('goes on reading what it wrote as long as it is kept, and its tokens are unknown once it is dropped', async () => {
    const { linkId } = await aLink();
    const token = openDoors(oldKey).tokens.write('download-link', linkId);
    const kept = openDoors(newKey, oldKey);
    expect((await kept.click(token)).status).toBe(200);
    const fresh = kept.tokens.write('download-link', linkId);
    expect(fresh).not.toBe(token);
    // By which key it was written is nobody's business either.
    expect((await kept.click(fresh)).cost.hmacs).toBe((await kept.click(token)).cost.hmacs);
    const dropped = openDoors(newKey);
    expect(await dropped.click(token)).toEqual(await dropped.click(randomBytes(33).toString('base64url')));
  });
});
