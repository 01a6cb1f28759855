import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { summarizeDeliveries } from '../webhooks/deliveryStore.ts';
import { errorEnvelope, knownError } from '../wire/errors.ts';
import { newEvent } from '../objects/events.ts';
import { render } from '../wire/expand.ts';
import { faultsSchema } from '../wire/faults.ts';
import { getObject, transact, writeObjects } from '../objectStore.ts';
import type { EventBody } from '../objects/shapes.ts';
import { plannedDeliveries, webhookPlanSchema } from '../webhooks/webhookPlan.ts';
import type { RouteContext } from './context.ts';
import {
  accountSchema,
  endpointSchema,
  eventSchema,
  newSessionOf,
  paidIntentSchema,
  purchaseSchema,
  settlementSchema,
  submissionOf,
  submissionSchema,
} from './controlBodies.ts';
import { addMoneyControl } from './moneyControl.ts';
import { addSeedControl } from './seedControl.ts';

type WithId = { Params: { id: string } };

/** The control API under /sandbox: what tests and the demo order. It has no key, for it listens on this machine only. */
export function addControl(server: FastifyInstance, context: RouteContext): void {
  server.setErrorHandler((error, request, reply) => {
    if (error instanceof z.ZodError)
      return reply.code(400).send({ error: { message: z.prettifyError(error) } });
    const known = knownError(error);
    if (known) return reply.code(known.status).send(errorEnvelope(known));
    request.log.error({ err: error }, 'the control API of the Stripe stand-in failed');
    return reply.code(500).send({ error: { message: 'The stand-in failed; see its log.' } });
  });
  addPurchases(server, context);
  addPaymentSteps(server, context);
  addSeedControl(server, context);
  addMoneyControl(server, context);
  addEventOrders(server, context);
  addSwitches(server, context);
}

function addPurchases(server: FastifyInstance, context: RouteContext): void {
  const { pool, checkout, intents } = context;

  server.post('/purchases', async (request) => {
    const body = purchaseSchema.parse(request.body);
    const change = await checkout.purchase(pool, newSessionOf(body, context.catalog), submissionOf(body));
    context.wake();
    return { session: change.session, payment_intent: change.intent, events: idsOf(change.events) };
  });

  server.post('/payment_intents', async (request) => {
    const body = paidIntentSchema.parse(request.body);
    const paid = await intents.paid(pool, {
      ...body,
      amountMinor: body.amount,
      receiptEmail: body.receipt_email,
    });
    context.wake();
    return { payment_intent: paid.intent, events: idsOf(paid.events) };
  });
}

function addPaymentSteps(server: FastifyInstance, context: RouteContext): void {
  const { pool, checkout } = context;

  server.post<WithId>('/sessions/:id/complete', async (request) => {
    const submission = submissionOf(submissionSchema.parse(request.body ?? {}));
    const change = await transact(pool, (db) => checkout.submit(db, request.params.id, submission));
    context.wake();
    return { session: change.session, payment_intent: change.intent, events: idsOf(change.events) };
  });

  server.post<WithId>('/sessions/:id/async', async (request) => {
    const settlement = settlementSchema.parse(request.body);
    const change = await transact(pool, (db) => checkout.settle(db, request.params.id, settlement));
    context.wake();
    return { session: change.session, payment_intent: change.intent, events: idsOf(change.events) };
  });
}

function addEventOrders(server: FastifyInstance, context: RouteContext): void {
  const { pool } = context;

  server.post('/events', async (request) => {
    const body = eventSchema.parse(request.body);
    const made = newEvent(body.type, body.object, { created: body.created ?? context.nowSeconds() });
    const event: EventBody = {
      ...made,
      api_version: body.apiVersion === undefined ? made.api_version : body.apiVersion,
      livemode: body.livemode ?? made.livemode,
    };
    await context.record(pool, { objects: [], events: [event], webhook: body.webhook });
    context.wake();
    return { event };
  });

  server.post<WithId>('/events/:id/resend', async (request) => {
    const plan = webhookPlanSchema.parse(request.body ?? {});
    const event = await getObject<EventBody>(pool, { type: 'event', id: request.params.id });
    const all = context.endpoints.targets().map((target) => ({ ...target, enabledEvents: ['*'] }));
    await writeObjects(pool, [], plannedDeliveries([event], plan, all));
    context.wake();
    return { event: await render(pool, event) };
  });
}

function addSwitches(server: FastifyInstance, context: RouteContext): void {
  const { faults, pool } = context;

  server.get('/faults', () => faults.read());
  server.put('/faults', (request) => {
    faults.replace(faultsSchema.parse(request.body));
    context.pauseWebhooks(faults.read().webhooks.paused);
    return faults.read();
  });

  // The secrets are not shown: whoever may know them gave them.
  server.get('/webhook', () => shownEndpoint(context));
  server.put('/webhook', (request) => {
    context.endpoints.changeGiven(endpointSchema.parse(request.body));
    context.wake();
    return shownEndpoint(context);
  });

  server.get('/account', () => context.account);
  server.put('/account', (request) => Object.assign(context.account, accountSchema.parse(request.body)));

  server.get('/deliveries', () => summarizeDeliveries(pool));
  server.get('/log', () => context.callLog.read());
}

function shownEndpoint(context: RouteContext) {
  const { url, enabledEvents, secrets, apiVersion, disabled, deleted, livemode } = context.endpoints.given();
  return { url, enabledEvents, secrets: secrets.length, apiVersion, disabled, deleted, livemode };
}

function idsOf(events: readonly EventBody[]): string[] {
  return events.map((event) => event.id);
}
