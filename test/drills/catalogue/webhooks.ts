import { stripeJson } from '../../../src/sandbox/stripe/wire/json.ts';
import { stripeFaults } from '../../acceptance/shop.ts';
import { bytesOf, event, postSigned } from '../../acceptance/webhookDoor.ts';
import type { Drill } from '../drill.ts';
import type { DrilledShop } from '../drilledShop.ts';

/** The bytes of the event that tells of a completed checkout, as Stripe has them. */
async function completionOf({ vendorSql }: DrilledShop, paymentKey: string): Promise<Buffer> {
  const [row] = await vendorSql<{ body: object }>(
    `select body from stripe_sandbox.objects
      where type = 'event' and body ->> 'type' = 'checkout.session.completed'
        and body #>> '{data,object,payment_intent}' = $1`,
    [paymentKey],
  );
  if (!row) throw new Error(`Stripe knows no completion of ${paymentKey}.`);
  return Buffer.from(stripeJson(row.body));
}

const completed = (object: unknown) => event({ type: 'checkout.session.completed', data: { object } });

/** Signed well, and nothing that can be acted on: what Postgres refuses as text, and what is no purchase. */
const poison = (): Buffer[] => [
  bytesOf(completed({ id: 'cs_nul\u0000', object: 'checkout.session' })),
  Buffer.from(JSON.stringify(completed({ id: 'cs_surrogate' })).replace('cs_surrogate', 'cs_\\ud800')),
  Buffer.from(`${'['.repeat(5_000)}${']'.repeat(5_000)}`),
  Buffer.from(JSON.stringify(completed({ id: 'cs_huge', amount_total: 0 })).replace(':0', ':1e400')),
  Buffer.from('{"id":"evt_cut","object":"event","type":"checkout.session.comp'),
  bytesOf(completed(null)),
  bytesOf(completed('not an object')),
];

/** Fewer than the door asks for. */
const sessionsMax = 20;

export const webhookDrills: Drill[] = [
  {
    name: 'fifty copies at once',
    sentence: 'fifty copies of one webhook meet twenty connections and make one job',
    async strike(shop) {
      await shop.sqlAsAdmin(`alter role fulfillment_intake connection limit ${sessionsMax}`);
      await shop.openDoor({ connectionsMax: 30 });
      await shop.work('one');
      const [purchase] = await shop.buyUntold(1);
      const body = await completionOf(shop, purchase?.paymentKey ?? '');
      const answers = await Promise.all(Array.from({ length: 50 }, () => postSigned(shop, body)));
      const sessions = await shop.sqlAsAdmin(
        `select from pg_stat_activity where usename = 'fulfillment_intake' and datname = current_database()`,
      );
      await stripeFaults(shop, {});
      const strange = answers.filter(({ status }) => status !== 200 && status !== 503);
      if (strange.length > 0) throw new Error(`A copy was answered with ${strange[0]?.status}.`);
      return {
        copy: answers.filter(({ status }) => status === 200).length,
        // All at once: more than take their turn at one session.
        session: sessions.length > 1 ? sessions.length : 0,
      };
    },
    cleanUp: async (shop) =>
      void (await shop.sqlAsAdmin('alter role fulfillment_intake connection limit -1')),
  },
  {
    name: 'poison between good ones',
    sentence: 'events that cannot be read are kept and put aside, and stand in nobody’s way',
    async strike(shop) {
      await shop.openDoor();
      await shop.work('one');
      await shop.buy(2);
      await shop.untilAccepted(2);
      await shop.buyUntold(4);
      const [statuses] = await Promise.all([shop.poison(poison()), stripeFaults(shop, {})]);
      const refused = statuses.filter((status) => status !== 200);
      if (refused.length > 0) throw new Error(`Poison was answered with ${refused.join()}.`);
      return { poison: statuses.length };
    },
  },
  {
    name: 'door killed',
    sentence: 'a door that is killed while webhooks come in has answered for none that it has not kept',
    long: true,
    async strike(shop) {
      const door = await shop.openDoor();
      await shop.work('one');
      const buying = shop.buy(20);
      await shop.untilAccepted(3);
      await door.kill();
      const [told] = await shop.sql<{ payments: number }>(
        'select count(*)::int as payments from fulfillment.fulfillment_jobs',
      );
      await buying;
      await shop.openDoor();
      const untold = shop.purchases.length - (told?.payments ?? 0);
      return { kill: (await door.ended).signal === 'SIGKILL' ? 1 : 0, untold };
    },
  },
];
