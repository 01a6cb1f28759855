import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createFollowLink } from '../../src/shelf/followLink.ts';
import { createFreshMails } from '../../src/shelf/freshMail.ts';
import { createListShelf } from '../../src/shelf/listShelf.ts';
import { createLinkTokens } from '../../src/shelf/linkTokens.ts';
import { sendLinksPlan } from '../../src/steps/askedMails.ts';
import { createShelfStore } from '../../src/store/shelf/shelfStore.ts';
import { readMail } from '../builders/buyersStack.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../builders/fulfilStack.ts';
import { buildHttpServer } from '../builders/httpServer.ts';
import { bearerOf, browser } from '../builders/shelfStack.ts';
import { createMemoryMailer } from '../fakes/memoryMailer.ts';
import { buyer } from '../fakes/memoryPayments.ts';

let stack: FulfilStack;
let server: ReturnType<typeof buildHttpServer>['server'];

beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(aBook('book-1', 'price_1'));
  const store = createShelfStore(stack.poolAs('fulfillment_shelf', 4));
  const tokens = createLinkTokens({ keys: [new Uint8Array(32).fill(7)] });
  ({ server } = buildHttpServer({
    identity: {
      verifyAccessToken: async (token) => ({
        valid: true,
        identity: JSON.parse(Buffer.from(token, 'base64url').toString()) as never,
      }),
    },
    listShelf: createListShelf({ store, tokens, publicBaseUrl: 'https://books.example' }),
    freshMails: createFreshMails({ store, tokens, onWork: () => undefined }),
    followLink: createFollowLink({
      store,
      tokens,
      openCopy: async () => undefined,
      redirectTo: stack.files,
      limits: { perLink: 100, perEbook: 300 },
      telemetry: { emit: () => undefined },
      clientHashKey: new Uint8Array(32),
    }),
  }));
});
afterEach(() => stack.stopWorkers());
afterAll(async () => {
  await server.close();
  await stack.stop();
});

/** A purchase whose link has expired. */
async function anExpiredLink() {
  const email = `reader-${randomUUID().slice(0, 8)}@example.com`;
  const mailer = createMemoryMailer();
  const shop = stack.startFulfilling({ askedMails: true, mailer });
  const bought = await shop.buy({ checkout: { buyer: { ...buyer, email } } });
  await stack.untilState(bought.jobId, 'completed');
  // What an earlier test has left to be mailed goes through this mailer, too.
  const { links } = await readMail(mailer.taken.find(({ to }) => to === email));
  const path = new URL(links[0] ?? '').pathname;
  await stack.rows(
    `update fulfillment.download_links l set expires_at = clock_timestamp() from fulfillment.ebook_entitlements e
       join fulfillment.payments p on p.id = e.payment_id where l.entitlement_id = e.id and p.order_id = $1`,
    [bought.orderId],
  );
  const jobs = () =>
    stack.rows<{ id: string; actor: string }>(
      `select j.id, e.actor from fulfillment.fulfillment_jobs j join fulfillment.payments p on p.id = j.payment_id
         join fulfillment.fulfillment_job_events e on e.job_id = j.id and e.seq = 1
        where j.kind = 'send_links' and p.order_id = $1 order by j.id`,
      [bought.orderId],
    );
  const ago = (interval: string) =>
    stack.rows(
      `update fulfillment.mail_requests m set at = m.at - $2::interval from fulfillment.payments p
        where p.id = m.payment_id and p.order_id = $1`,
      [bought.orderId, interval],
    );
  return { ...bought, email, mailer, path, jobs, ago, shop };
}

const open = (url: string) => server.inject({ method: 'GET', url, headers: browser });
const press = (url: string, language = 'en') =>
  server.inject({
    method: 'POST',
    url,
    headers: { ...browser, 'accept-language': language, 'content-type': 'application/x-www-form-urlencoded' },
    payload: '',
  });

describe('an expired link', () => {
  it('has a button that mails fresh links to the buyer, and looking at it mails nothing', async () => {
    const link = await anExpiredLink();
    const page = await open(link.path);
    expect(page.statusCode).toBe(410);
    const action = /<form method="post" action="([^"]+)"/.exec(page.body)?.[1] ?? '';
    expect(action).toBe(`${link.path}/mail`);
    expect(page.headers['content-security-policy']).toContain("form-action 'self'");
    expect(page.body).not.toContain(link.email);
    expect(await link.jobs()).toEqual([]);

    const pressed = await press(action);
    expect(pressed.statusCode).toBe(202);
    expect(pressed.body).not.toContain(link.email);
    const [job] = await link.jobs();
    expect(job?.actor).toBe('buyer');
    link.shop.worker.wake();
    await stack.untilState(job?.id ?? '', 'completed');
    const mail = await readMail(link.mailer.taken.at(-1));
    expect(mail).toMatchObject({ to: link.email, links: [expect.any(String), expect.any(String)] });
    expect((await open(new URL(mail.links[0] ?? '').pathname)).statusCode).toBe(302);
  });

  it('mails once in ten minutes and three times in a day', async () => {
    const link = await anExpiredLink();
    const ask = async () => {
      const { statusCode } = await press(`${link.path}/mail`);
      link.shop.worker.wake();
      for (const { id } of await link.jobs()) await stack.untilState(id, 'completed');
      return statusCode;
    };
    expect(await ask()).toBe(202);
    const again = await press(`${link.path}/mail`, 'pl');
    expect(again.statusCode).toBe(429);
    expect(again.body).toContain('Wiadomość została już wysłana');
    expect(Number(again.headers['retry-after'])).toBeGreaterThan(500);
    for (let mails = 2; mails <= 3; mails += 1) {
      await link.ago('11 minutes');
      expect(await ask()).toBe(202);
    }
    await link.ago('11 minutes');
    expect(await ask()).toBe(429);
    await link.ago('24 hours');
    expect(await ask()).toBe(202);
    expect(await link.jobs()).toHaveLength(4);
  });

  it('has one mail on its way at a time, however often it is asked for at once', async () => {
    const link = await anExpiredLink();
    await stack.stopWorkers();
    const answers = await Promise.all(Array.from({ length: 6 }, () => press(`${link.path}/mail`)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array<number>(6).fill(202));
    expect(await link.jobs()).toHaveLength(1);
  });

  it.each([
    [
      'was revoked',
      `update fulfillment.ebook_entitlements e set state = 'revoked' from fulfillment.payments p where p.id = e.payment_id and p.order_id = $1`,
      403,
    ],
    [
      'was taken back',
      `update fulfillment.payments set facts = facts || '{"taken_back": true}' where order_id = $1`,
      403,
    ],
    [
      'belongs to somebody who was forgotten',
      `update fulfillment.profiles o set erased_at = clock_timestamp() from fulfillment.ebook_entitlements e join fulfillment.payments p on p.id = e.payment_id where e.profile_id = o.id and p.order_id = $1`,
      404,
    ],
  ])('of what %s mails nothing', async (_what, statement, status) => {
    const link = await anExpiredLink();
    await stack.rows(statement, [link.orderId]);
    expect((await press(`${link.path}/mail`)).statusCode).toBe(status);
    expect(await link.jobs()).toEqual([]);
  });

  it.each([`/d/${'a'.repeat(44)}/mail`, '/d/mail', '/d/%00/mail', '/d/x'])(
    'that is none mails nothing: %s',
    async (url) => {
      const answer = await press(url);
      expect(answer.statusCode).toBe(404);
      expect(answer.body).not.toContain('<form');
    },
  );
});

describe('POST /v1/shelf/:id/mail', () => {
  it('mails fresh links to whoever has the book, and says nothing of others', async () => {
    const link = await anExpiredLink();
    const [book] = await stack.rows<{ id: string }>(
      `select e.id from fulfillment.ebook_entitlements e join fulfillment.payments p on p.id = e.payment_id where p.order_id = $1`,
      [link.orderId],
    );
    const ask = (email: string, id = book?.id) =>
      server.inject({
        method: 'POST',
        url: `/v1/shelf/${id}/mail`,
        headers: bearerOf({ subject: 'auth0|reader', email, emailVerified: true }),
      });
    const onShelf = async () => {
      const answer = await server.inject({
        method: 'GET',
        url: '/v1/shelf',
        headers: bearerOf({ subject: 'auth0|reader', email: link.email, emailVerified: true }),
      });
      return answer.json<{ items: Array<{ awaiting?: string[]; mail: object }> }>().items[0];
    };
    expect(await onShelf()).toMatchObject({ mail: { canAsk: true, againAt: null } });
    expect((await ask('somebody@example.com')).statusCode).toBe(404);
    expect((await ask(link.email, 'nonsense')).statusCode).toBe(404);
    const answer = await ask(link.email);
    expect([answer.statusCode, answer.json()]).toEqual([202, { outcome: 'asked' }]);
    expect(await onShelf()).toMatchObject({ awaiting: ['mail'], mail: { canAsk: false, againAt: null } });
    const [job] = await link.jobs();
    link.shop.worker.wake();
    await stack.untilState(job?.id ?? '', 'completed');
    const shown = await onShelf();
    expect(shown).not.toHaveProperty('awaiting');
    expect(shown?.mail).toEqual({ canAsk: false, againAt: expect.stringMatching(/Z$/) });
    const again = await ask(link.email);
    expect(again.json()).toMatchObject({ status: 429, code: 'mail_too_soon' });
  });
});

it('the plan that the database gives such a job is the one that the worker knows', async () => {
  const link = await anExpiredLink();
  await stack.stopWorkers();
  await press(`${link.path}/mail`);
  const [row] = await stack.rows<{ definition: unknown; plan_key: string }>(
    `select p.definition, d.plan_key from fulfillment.fulfillment_jobs j
       join fulfillment.fulfillment_plans p on p.id = j.plan_id
       join fulfillment.fulfillment_dispatch d on d.job_id = j.id where j.id = $1`,
    [(await link.jobs())[0]?.id],
  );
  expect(row).toEqual({ definition: sendLinksPlan, plan_key: 'send_links@1' });
});
