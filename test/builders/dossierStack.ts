import { createHash, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { expect } from 'vitest';
import { Fault, type FaultDetails } from '../../src/domain/fault.ts';
import { systemClock } from '../../src/main/systemClock.ts';
import { createRefusalThrottle } from '../../src/operations/audit/throttleRefusals.ts';
import { createFailureOperations } from '../../src/operations/failures/failureOperations.ts';
import type { Asked } from '../../src/operations/frame/operation.ts';
import { createOperations } from '../../src/operations/frame/operations.ts';
import { Refusal } from '../../src/operations/frame/refusal.ts';
import { createOrderOperations } from '../../src/operations/orders/orderOperations.ts';
import type { ShownOrder } from '../../src/operations/orders/orderParts.ts';
import type { Step } from '../../src/ports/step.ts';
import { createAuditLog } from '../../src/store/audit/auditLog.ts';
import { createFailureLedger } from '../../src/store/dossier/failures.ts';
import { createOrderDossiers } from '../../src/store/dossier/orderDossiers.ts';
import { operationRequests } from '../../src/store/operations/operationRequests.ts';
import { createSearchStore } from '../../src/store/search/searchStore.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { aBook, type FulfilStack, startFulfilStack } from './fulfilStack.ts';
import { callerOf } from './operationsStack.ts';
import { createMemoryMailer } from '../fakes/memoryMailer.ts';
import { aCheckout, aPurchaseLine } from '../fakes/memoryPayments.ts';

/** What is known of the buyer, in plain. */
export const plain = {
  email: 'wanda.nowicka@readers.example',
  name: 'Wanda Nowicka',
  company: 'Lektura Wandy',
  street: 'Polna 7',
};
const buyer = {
  ...aCheckout().buyer,
  ...plain,
  taxIds: [{ type: 'pl_nip', value: '5252525252' }],
  address: {
    line1: 'Polna 7',
    line2: null,
    city: 'Kraków',
    postalCode: '30-002',
    state: null,
    country: 'PL',
  },
};
/** Nothing that staff sees without a reveal has a buyer's own words in it. */
export const holdsNoBuyer = (shown: unknown) => {
  const text = JSON.stringify(shown);
  for (const word of [...Object.values(plain), '5252525252', 'wanda', 'nowicka', '30-002'])
    expect(text.toLowerCase()).not.toContain(word.toLowerCase());
};

const fault = (fields: Partial<FaultDetails>) =>
  new Fault({
    kind: 'transient',
    reason: 'storage_unavailable',
    message: 'The storage answered 503.',
    provider: 'bucket',
    ...fields,
  });

/** The EPUB is refused twice in one way, and then in another that has it wait for ten minutes. */
function withoutEpub(): (step: Step) => Step {
  let tried = 0;
  return (step) => {
    if (step.kind !== 'outside' || step.name !== 'storage') return step;
    return {
      ...step,
      retry: { baseMs: 1, capMs: 1, attemptsMax: 9, retryAfterCapMs: 3_600_000 },
      make: (input, context) => {
        if (input.effect.key !== 'copy:1:epub') return step.make(input, context);
        tried += 1;
        throw tried < 3
          ? fault({ providerRequestId: `req_${tried}` })
          : fault({
              kind: 'rate_limited',
              reason: 'storage_busy',
              message: 'The storage asks for patience.',
              retryAfterMs: 600_000,
            });
      },
    };
  };
}

/** How many statements went over the pool's connections. */
function countStatements(pool: pg.Pool) {
  let count = 0;
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...given: unknown[]) => unknown;
    client.query = ((...given: unknown[]) => {
      count += 1;
      return query(...given);
    }) as typeof client.query;
  });
  return () => count;
}

/** Orders in all states that people ask about, made by the product's own steps. */
async function makeOrders(stack: FulfilStack) {
  await stack.importBooks(aBook('calm-checkout', 'price_1'));
  const mailer = createMemoryMailer();
  mailer.otherwise({
    then: 'refuse',
    fault: {
      kind: 'permanent',
      reason: 'mailbox_refused',
      message: `The mail server refuses ${plain.email} (550).`,
    },
  });
  const [well, noEpub, noMail] = [
    stack.startFulfilling(),
    stack.startFulfilling({ change: withoutEpub() }),
    stack.startFulfilling({ mailer }),
  ];
  const twice = { ...buyer, email: 'twice@readers.example' };
  const [done, waiting, refused, unknown] = await Promise.all([
    well.buy({ checkout: { buyer } }),
    noEpub.buy({ checkout: { buyer: { ...buyer, email: 'jan@elsewhere.example' } } }),
    noMail.buy({ checkout: { buyer: twice } }),
    stack.startFulfilling({ patienceMs: 0 }).buy({
      checkout: { buyer: twice, lines: [aPurchaseLine({ priceId: 'price_9' })] },
    }),
    well.buy({ checkout: { buyer: twice } }).then(({ jobId }) => stack.untilOver(jobId)),
  ]);
  await Promise.all([
    stack.untilOver(done.jobId),
    stack.untilOver(refused.jobId),
    stack.untilState(unknown.jobId, 'blocked'),
    stack.until(
      waiting.jobId,
      ({ effects, dispatch }) => effects['copy:1:epub']?.reason === 'storage_busy' && !dispatch?.worker,
    ),
  ]);
  await stack.stopWorkers();
  await stack.rows(
    `with event as (
       update fulfillment.payments set facts = facts || '{"charge_id": "ch_3Done", "note": "wanda.nowicka@readers.example"}'
        where order_id = $1 returning id
     ), run as (insert into fulfillment.reconciliation_runs (day) values (current_date) returning id
     ), alert as (
       insert into fulfillment.alerts (rule, severity, summary, job_id) values ('mail_slow', 'ticket', 'One mail is slow.', $2)
     )
     insert into fulfillment.reconciliation_findings (run_id, last_run_id, kind, subject_key, payment_id, details)
     select run.id, run.id, 'amount_differs', 'pi', event.id, '{"who": "wanda.nowicka@readers.example"}' from run, event`,
    [done.orderId, done.jobId],
  );
  return { done, waiting, refused, unknown };
}

/** What staff looks at: orders, failures, searches and exports, over a handful of orders. */
export async function startDossierStack() {
  const stack = await startFulfilStack();
  const pool = stack.poolAs('fulfillment_operations', 4);
  const statements = countStatements(pool);
  const audit = createAuditLog(pool);
  const operations = createOperations({
    operations: [
      ...createOrderOperations({
        dossiers: createOrderDossiers(pool),
        search: createSearchStore({
          database: pool,
          stepsOfProvider: new Map([['stripe', ['resolve_order']]]),
        }),
        clock: systemClock,
      }),
      ...createFailureOperations(createFailureLedger(pool)),
    ],
    inTransaction: (work) => inTransaction(pool, work),
    requests: operationRequests,
    audit,
    refusals: createRefusalThrottle({ log: audit, clock: systemClock }),
    sha256: (bytes) => createHash('sha256').update(bytes).digest(),
    newId: randomUUID,
    announce: () => undefined,
  });
  const ask = async <Output>(name: string, input: unknown, asked: Partial<Asked> = {}): Promise<Output> => {
    const answer = await operations.ask(name, { caller: callerOf('ops_admin'), input, ...asked });
    return answer.output as Output;
  };
  return {
    ...stack,
    orders: await makeOrders(stack),
    audit,
    ask,
    statements,
    show: (ref: string, asked: Partial<Asked> = {}) => ask<ShownOrder>('orders:show', { ref }, asked),
    /** Why it was refused; fails when it was not. */
    refusalOf: (asking: Promise<unknown>) =>
      asking.then(
        () => expect.fail('not refused'),
        (error: unknown) => {
          if (error instanceof Refusal) return error;
          throw error;
        },
      ),
  };
}

export type DossierStack = Awaited<ReturnType<typeof startDossierStack>>;
