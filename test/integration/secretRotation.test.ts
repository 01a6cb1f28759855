import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWebhookReceiver } from '../../src/intake/receiveWebhook.ts';
import { systemClock } from '../../src/main/systemClock.ts';
import { createTestBench, type TestBench } from '../../src/sandbox/stripe/testBench.ts';
import { fulfilPlan, settlePlan } from '../../src/steps/plans.ts';
import { createIntakeStore } from '../../src/store/events/acceptEvent.ts';
import { eventually } from '../builders/engineStack.ts';
import { openTestPools, type TestPools } from '../builders/testPools.ts';

let pools: TestPools;
let bench: TestBench;
let serve: ReturnType<typeof receiver>;
const answers: number[] = [];
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const signatureHeader = request.headers['stripe-signature'];
    void serve({ body: Buffer.concat(chunks), signatureHeader }).then(({ status }) => {
      answers.push(status);
      response.writeHead(status).end();
    });
  });
});

/** The product as it was started with these secrets. */
const receiver = (secrets: string[]) =>
  createWebhookReceiver({
    store: createIntakeStore(pools.poolAs('fulfillment_intake')),
    clock: systemClock,
    telemetry: { emit: () => undefined },
    secrets,
    livemode: false,
    startDate: new Date(0),
    plan: fulfilPlan,
    settlePlan,
    slaSeconds: 300,
    waitForSessionMs: 0,
    onWork: () => undefined,
  });

beforeAll(async () => {
  pools = await openTestPools();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/stripe`;
  bench = await createTestBench(pools.database.url, { webhook: { url, secrets: ['whsec_old'] } });
});
afterAll(async () => {
  await bench.close();
  server.close();
  await pools.stop();
});

it('a signing secret is rolled under traffic without one rejected event', async () => {
  serve = receiver(['whsec_old']);
  const stripeSigns = (secrets: string[]) => bench.control('PUT', '/webhook', { secrets });
  let selling = true;
  const bought: string[] = [];
  const traffic = (async () => {
    while (selling) {
      const { payment_intent: intent } = await bench.buy();
      if (intent) bought.push(intent.id);
    }
  })();
  const steps: Array<() => unknown> = [
    // Rolled in Stripe, which signs with both until the old one expires.
    () => stripeSigns(['whsec_old', 'whsec_new']),
    () => (serve = receiver(['whsec_old', 'whsec_new'])),
    () => stripeSigns(['whsec_new']),
    () => (serve = receiver(['whsec_new'])),
  ];
  for (const step of steps) {
    const before = answers.length;
    await eventually(
      async () => answers.length > before + 5,
      () => 'no traffic',
    );
    await step();
  }
  await sleep(20);
  selling = false;
  await traffic;
  const known = () =>
    pools.rows<{ count: number }>(
      'select count(*)::int as count from fulfillment.payments where payment_key = any($1) and paid',
      [bought],
    );
  await eventually(
    async () => (await known())[0]?.count === bought.length,
    () => 'not all were accepted',
  );
  expect(new Set(answers)).toEqual(new Set([200]));

  // What is not known any more is refused: the drill can fail.
  await stripeSigns(['whsec_old']);
  await bench.buy();
  await eventually(
    async () => answers.includes(400),
    () => 'nothing was refused',
  );
});
