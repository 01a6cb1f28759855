import type { FastifyInstance, FastifyReply } from 'fastify';
import { getItems, getSession } from '../checkout.ts';
import type { Submission } from '../checkout.ts';
import { knownError } from '../wire/errors.ts';
import { html } from '../../htmlTemplate.ts';
import { transact } from '../objectStore.ts';
import type { RouteContext } from '../routes/context.ts';
import { withQuantities } from '../objects/session.ts';
import type { ItemBody, PaymentMethod, SessionBody } from '../objects/shapes.ts';
import { checkoutPage, closedPage } from './checkoutPage.ts';
import type { CheckoutFields } from './checkoutPage.ts';
import { languageOf, page, sendPage } from './frame.ts';

type WithId = { Params: { id: string }; Querystring: { lang?: string } };

/** The page where the buyer pays, as Stripe hosts it: `session.url` leads here, and it leads back to the shop. */
export function addHostedCheckout(server: FastifyInstance, context: RouteContext): void {
  const { pool } = context;
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) =>
      done(null, Object.fromEntries(new URLSearchParams(String(body).replaceAll('%00', '')))),
  );
  server.setErrorHandler((error, request, reply) => {
    const known = knownError(error);
    if (!known) request.log.error({ err: error }, 'the hosted checkout page failed');
    const title = known?.message ?? 'Something went wrong';
    const body = html`<main class="narrow"><h1>${title}</h1></main>`;
    return sendPage(reply, page({ language: 'en', title, body }), known?.status ?? 500);
  });

  server.get<WithId>('/c/pay/:id', async (request, reply) => {
    const session = await getSession(pool, request.params.id);
    const language = languageOf(request.query.lang ?? session.locale ?? request.headers['accept-language']);
    if (session.status !== 'open') return sendPage(reply, closedPage(language, 'done'));
    if (session.expires_at <= context.nowSeconds())
      return sendPage(reply, closedPage(language, 'expired'), 410);
    const items = await getItems(pool, session.id);
    const fields = { email: session.customer_email ?? '' };
    return sendPage(reply, checkoutPage({ session, items, language, fields }));
  });

  server.post<WithId & { Body?: CheckoutFields }>('/c/pay/:id', async (request, reply) => {
    const session = await getSession(pool, request.params.id);
    const fields = request.body ?? {};
    const language = languageOf(fields['locale']);
    if (session.status !== 'open') return leave(reply, session);
    if (session.expires_at <= context.nowSeconds())
      return sendPage(reply, closedPage(language, 'expired'), 410);
    const items = await getItems(pool, session.id);
    const quantities = quantitiesOf(items, fields);
    const shown = withQuantities(session, items, quantities ?? {});
    const error = quantities ? wrongEmail(fields) : 'quantityWrong';
    if (error && fields['action'] !== 'update') {
      return sendPage(reply, checkoutPage({ ...shown, language, fields, error }), 422);
    }
    if (fields['action'] === 'update') return sendPage(reply, checkoutPage({ ...shown, language, fields }));
    const submission = submissionOf(fields, quantities ?? {}, context.delayedSettlementMs);
    const { session: paid } = await transact(pool, (db) =>
      context.checkout.submit(db, session.id, submission),
    );
    context.wake();
    return leave(reply, paid);
  });
}

function leave(reply: FastifyReply, session: SessionBody): FastifyReply {
  if (session.success_url === null) return sendPage(reply, closedPage(languageOf(session.locale), 'done'));
  return reply.redirect(session.success_url.replaceAll('{CHECKOUT_SESSION_ID}', session.id), 303);
}

/** The quantities the buyer chose, or undefined when one is outside what the shop allows. */
function quantitiesOf(
  items: readonly ItemBody[],
  fields: CheckoutFields,
): Record<string, number> | undefined {
  const quantities: Record<string, number> = {};
  for (const item of items) {
    const limits = item.adjustable_quantity;
    const given = fields[`quantity:${item.id}`];
    if (!limits?.enabled || given === undefined) continue;
    const quantity = Number(given);
    const allowed =
      Number.isInteger(quantity) &&
      quantity >= Math.max(1, limits.minimum ?? 1) &&
      quantity <= (limits.maximum ?? 99);
    if (!allowed) return undefined;
    quantities[item.id] = quantity;
  }
  return quantities;
}

function wrongEmail(fields: CheckoutFields): 'emailMissing' | undefined {
  return /^[^\s@]+@[^\s@]+$/.test((fields['email'] ?? '').trim()) ? undefined : 'emailMissing';
}

/** What the page calls a method, as the stand-in knows it. */
const methods: Record<string, PaymentMethod> = {
  blik_delayed: 'blik_delayed',
  blik_refused: 'blik_delayed',
  p24: 'p24',
  sepa_debit: 'sepa_debit',
};

function submissionOf(
  fields: CheckoutFields,
  quantities: Record<string, number>,
  delayedMs: number,
): Submission {
  const text = (name: string) => fields[name]?.trim().slice(0, 500) || null;
  const businessName = text('business_name');
  const name = text('name');
  const method = methods[fields['method'] ?? ''] ?? 'card';
  const delayed = method !== 'card';
  return {
    buyer: {
      email: text('email'),
      name,
      businessName,
      individualName: businessName === null ? null : name,
      address: {
        city: text('city'),
        country: text('country'),
        line1: text('line1'),
        line2: null,
        postal_code: text('postal_code'),
        state: null,
      },
      taxIds: taxIdsOf(text('tax_id')),
    },
    method,
    locale: languageOf(fields['locale']),
    quantities,
    ...(delayed && {
      settle: { outcome: fields['method'] === 'blik_refused' ? 'failed' : 'succeeded', afterMs: delayedMs },
    }),
  };
}

/** Stripe wants a type beside the number: ten digits are a Polish NIP, two letters in front an EU or British number. */
function taxIdsOf(given: string | null) {
  const value = given?.replace(/[\s-]/g, '').toUpperCase();
  if (!value) return [];
  if (/^\d{10}$/.test(value)) return [{ type: 'pl_nip', value }];
  if (value.startsWith('GB')) return [{ type: 'gb_vat', value }];
  return [{ type: /^[A-Z]{2}/.test(value) ? 'eu_vat' : 'unknown', value }];
}
