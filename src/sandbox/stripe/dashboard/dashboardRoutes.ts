import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { transact } from '../objectStore.ts';
import type { Db } from '../objectStore.ts';
import { disputeStatuses } from '../objects/shapes.ts';
import type { RouteContext } from '../routes/context.ts';
import { knownError, StripeApiError } from '../wire/errors.ts';
import { languageOf, sendPage } from '../pages/frame.ts';
import type { Language } from '../pages/frame.ts';
import { minorUnits } from '../pages/moneyText.ts';
import { paymentsPage } from './dashboardPages.ts';
import { dashboardTexts } from './dashboardTexts.ts';
import { findPayment, recentCharges } from './findPayments.ts';
import type { ShownPayment } from './findPayments.ts';
import { paymentPage } from './paymentPage.ts';

const queryShape = z.object({ lang: z.string().optional(), q: z.string().max(200).optional() });
const formShape = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('refund'),
    lang: z.string().optional(),
    amount: z.string().max(50).optional(),
    line: z.string().max(200).optional(),
    pending: z.literal('yes').optional(),
    whole: z.literal('yes').optional(),
  }),
  z.object({
    action: z.literal('refund-becomes'),
    lang: z.string().optional(),
    id: z.string(),
    status: z.enum(['succeeded', 'failed']),
  }),
  z.object({
    action: z.literal('dispute'),
    lang: z.string().optional(),
    status: z.enum(['needs_response', 'warning_needs_response']),
  }),
  z.object({
    action: z.literal('dispute-becomes'),
    lang: z.string().optional(),
    id: z.string(),
    status: z.enum(disputeStatuses),
  }),
  z.object({
    action: z.literal('settle'),
    lang: z.string().optional(),
    status: z.enum(['succeeded', 'failed']),
  }),
]);
type Form = z.infer<typeof formShape>;
type RefundForm = Extract<Form, { action: 'refund' }>;
type WithId = { Params: { id: string } };

/** Pages where one plays the shop in Stripe's Dashboard, and the bank. Registered beside the hosted checkout page. */
export function addDashboard(server: FastifyInstance, context: RouteContext): void {
  const { pool } = context;
  server.get('/', (_request, reply) => reply.redirect('/dashboard', 303));

  server.get('/dashboard', async (request, reply) => {
    const { lang, q: wanted = '' } = queryShape.parse(request.query);
    const language = languageOf(lang ?? request.headers['accept-language']);
    const charges = await recentCharges(pool, wanted.trim());
    return sendPage(reply, paymentsPage({ language, charges, wanted }));
  });

  server.get<WithId>('/dashboard/:id', async (request, reply) => {
    const { lang } = queryShape.parse(request.query);
    const language = languageOf(lang ?? request.headers['accept-language']);
    return sendPage(reply, paymentPage({ payment: await findPayment(pool, request.params.id), language }));
  });

  server.post<WithId>('/dashboard/:id', async (request, reply) => {
    const { id } = request.params;
    const payment = await findPayment(pool, id);
    const parsed = formShape.safeParse(request.body ?? {});
    if (!parsed.success) throw new StripeApiError(400, 'The form was not understood.');
    const language = languageOf(parsed.data.lang);
    try {
      await transact(pool, (db) => act(db, context, { form: parsed.data, payment, language }));
    } catch (error) {
      const known = knownError(error);
      if (!known) throw error;
      return sendPage(reply, paymentPage({ payment, language, error: known.message }), 422);
    }
    context.wake();
    return reply.redirect(`/dashboard/${id}?lang=${language}`, 303);
  });
}

interface Order {
  form: Form;
  payment: ShownPayment;
  language: Language;
}

async function act(db: Db, context: RouteContext, { form, payment, language }: Order): Promise<unknown> {
  const { refunds, disputes, checkout } = context;
  switch (form.action) {
    case 'refund':
      return refunds.create(db, {
        charge: payment.charge.id,
        status: form.pending ? 'pending' : 'succeeded',
        ...(form.whole ? {} : partOf(form, payment, language)),
      });
    case 'refund-becomes':
      return refunds.change(db, form.id, { status: form.status });
    case 'dispute':
      return disputes.open(db, { charge: payment.charge.id, status: form.status });
    case 'dispute-becomes':
      return disputes.move(db, form.id, form.status);
    case 'settle':
      return checkout.settle(db, payment.session?.id ?? '', { outcome: form.status });
  }
}

/** A part by its amount, by a line, or both; the line is named in the metadata, as shops do. */
function partOf(form: RefundForm, { charge, items }: ShownPayment, language: Language) {
  const item = items.find(({ id }) => id === form.line);
  const typed = form.amount?.trim() ?? '';
  const amountMinor = typed === '' ? item?.amount_total : minorUnits(typed, charge.currency);
  if (!amountMinor) throw new StripeApiError(400, dashboardTexts[language].badAmount);
  return {
    amountMinor,
    ...(item && { metadata: { fulfillment_lines: `${item.price.id}:${item.quantity}` } }),
  };
}
