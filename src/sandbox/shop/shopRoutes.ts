import type { FastifyInstance } from 'fastify';
import { Stripe } from 'stripe';
import { z } from 'zod';
import { languageOf, sendPage, strictPolicy } from '../stripe/pages/frame.ts';
import type { Language } from '../stripe/pages/frame.ts';
import type { ShopLinks } from './shopLinks.ts';
import { frontPage, messagePage } from './shopPages.ts';
import type { ShopBook } from './shopPages.ts';
import { liveScript } from './thanks/liveScript.ts';
import { thanksPage } from './thanks/thanksPage.ts';

interface ShopContext {
  stripe: Stripe;
  links: ShopLinks;
  /** Where one plays the shop in Stripe's Dashboard, and the bank. */
  dashboardUrl: string;
  /** The fulfilment API, as browsers reach it. */
  apiBaseUrl: string;
  baseUrl: () => string;
}

const currencyOf: Record<Language, string> = { en: 'eur', pl: 'pln' };
const homeQuery = z.object({
  lang: z.enum(['en', 'pl']).optional(),
  currency: z
    .string()
    .regex(/^[a-z]{3}$/)
    .optional(),
});
const buyForm = z.object({ price: z.string().min(1).max(200), lang: z.enum(['en', 'pl']).default('en') });
const thanksQuery = z.object({ session_id: z.string().min(1).max(200) });

/** The books, the way to the checkout, and the page after it. */
export function addShopRoutes(server: FastifyInstance, context: ShopContext): void {
  const { stripe, links, dashboardUrl, apiBaseUrl, baseUrl } = context;
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  server.setErrorHandler((error, request, reply) => {
    const language = languageOf(request.headers['accept-language']);
    if (error instanceof z.ZodError || isMissing(error)) {
      return sendPage(reply, messagePage(language, 'notFound'), 404);
    }
    request.log.error({ err: error }, 'the shop failed');
    return sendPage(reply, messagePage(language, 'unavailable'), 503);
  });
  server.setNotFoundHandler((request, reply) =>
    sendPage(reply, messagePage(languageOf(request.headers['accept-language']), 'notFound'), 404),
  );

  server.get('/', async (request, reply) => {
    const query = homeQuery.parse(request.query);
    const language = query.lang ?? languageOf(request.headers['accept-language']);
    const books = await findBooks(stripe);
    const currencies = [...new Set(books.flatMap((book) => Object.keys(book.prices)))].toSorted();
    const currency = query.currency ?? currencyOf[language];
    return sendPage(reply, frontPage({ language, books, currency, currencies, dashboardUrl }));
  });

  server.post('/buy', async (request, reply) => {
    const { price, lang } = buyForm.parse(request.body ?? {});
    const session = await stripe.checkout.sessions.create({
      mode: 'payment',
      line_items: [{ price, quantity: 1, adjustable_quantity: { enabled: true, minimum: 1, maximum: 10 } }],
      locale: lang,
      metadata: { shop: 'sandbox' },
      name_collection: { individual: { enabled: true, optional: true } },
      tax_id_collection: { enabled: true },
      success_url: `${baseUrl()}/thanks?session_id={CHECKOUT_SESSION_ID}`,
      cancel_url: `${baseUrl()}/?lang=${lang}`,
    });
    if (session.url === null) throw new Error('Stripe gave no address for the checkout page.');
    return reply.redirect(session.url, 303);
  });

  server.get('/thanks', async (request, reply) => {
    const { session_id: id } = thanksQuery.parse(request.query);
    const session = await stripe.checkout.sessions.retrieve(id, { expand: ['line_items'] });
    const policy = `${strictPolicy}; script-src 'self'; connect-src ${new URL(apiBaseUrl).origin}`;
    return sendPage(reply, thanksPage(session, { links, apiBaseUrl }), 200, policy);
  });

  server.get('/thanks.js', (_request, reply) =>
    reply
      .header('Cache-Control', 'no-cache')
      .header('X-Content-Type-Options', 'nosniff')
      .type('text/javascript; charset=utf-8')
      .send(liveScript),
  );
}

/** The active prices of active products, gathered by book. */
async function findBooks(stripe: Stripe): Promise<ShopBook[]> {
  const prices = await stripe.prices
    .list({ active: true, limit: 100, expand: ['data.product'] })
    .autoPagingToArray({ limit: 1000 });
  const books = new Map<string, ShopBook>();
  for (const price of prices) {
    const { product } = price;
    if (typeof product === 'string' || product.deleted || !product.active || price.unit_amount === null)
      continue;
    const book = books.get(product.id) ?? {
      id: product.id,
      title: product.name,
      description: product.description ?? '',
      prices: {},
    };
    book.prices[price.currency] = { id: price.id, amountMinor: price.unit_amount };
    books.set(product.id, book);
  }
  // Lists come newest first; the shop shows books in the order they were put on sale.
  return [...books.values()].toReversed();
}

function isMissing(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing';
}
