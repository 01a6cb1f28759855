import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { allMails, type MailSummary, openMail } from '../inbox.ts';
import { type Purchase, read } from '../shop.ts';
import type { ShopUnderTest } from '../stack.ts';
import { differences } from './database.ts';

const deliveriesSchema = z.object({
  pending: z.number(),
  delivered: z.number(),
  attempts: z.number(),
  lastStatuses: z.record(z.string(), z.number()),
  answerMs: z.object({ p50: z.number().nullable(), p95: z.number().nullable(), max: z.number().nullable() }),
});
const analyticsSchema = z.object({
  count: z.number(),
  events: z.array(z.object({ name: z.string(), props: z.object({ event_id: z.string() }) })),
});

/** What the Stripe stand-in says of the webhooks it has sent. */
export const deliveries = ({ places }: ShopUnderTest) =>
  read(`${places.urls.stripe}/sandbox/deliveries`, deliveriesSchema);

/** Whether every webhook was answered with 200 at its last try. */
export async function checkDeliveries(stack: ShopUnderTest): Promise<string[]> {
  const { pending, delivered, lastStatuses } = await deliveries(stack);
  const onlyOk = Object.keys(lastStatuses).join() === '200' && lastStatuses['200'] === delivered;
  return pending === 0 && onlyOk
    ? []
    : [`webhooks: ${pending} pending, answers ${JSON.stringify(lastStatuses)}`];
}

/** Mails opened to look inside; opening all of a large burst would take longer than the burst. */
const openedMax = 40;

interface OwedMail {
  kind: 'receipt' | 'files_ready' | 'granted' | 'new_links' | 'address_changed';
  /** The order's own mail, which nobody had to ask for. */
  own: boolean;
  email: string;
  message_id: string;
  number: string;
  ambiguities: number;
  last_intended_at: Date;
}

/**
 * Whether the inbox has exactly the mails that are recorded as accepted, none of them again without need, every buyer
 * one with their receipt and its number, and none that was meant for somebody else.
 */
export async function checkInbox(stack: ShopUnderTest, purchases: Purchase[]): Promise<string[]> {
  const mails = await allMails(stack);
  const owed = await stack.sql<OwedMail>(
    `select m.kind, m.logical_key = 'receipt:' || p.order_id as own, lower(m.to_address) as email, trim(both '<>' from m.message_id) as message_id, m.ambiguities,
            (select max(a.intended_at) from fulfillment.email_attempts a where a.message_id = m.id) as last_intended_at,
            r.series || '/' || lpad(r.number::text, 6, '0') as number
       from fulfillment.email_messages m join fulfillment.receipts r using (payment_id)
       join fulfillment.payments p on p.id = m.payment_id
      where m.state <> 'superseded'`,
  );
  const arrived = mails.map(keyOf);
  const recorded = new Map(owed.map((mail) => [`${mail.email} ${mail.message_id}`, mail]));
  const receipts = owed.filter((mail) => mail.own);
  const problems = [
    ...differences('a mail is owed and not in the inbox', new Set(recorded.keys()), new Set(arrived)),
    ...differences(
      'a mail is in the inbox that is owed to nobody',
      new Set(arrived),
      new Set(recorded.keys()),
    ),
    ...differences(
      'a buyer got no receipt',
      new Set(purchases.map((purchase) => purchase.email)),
      new Set(receipts.map((mail) => mail.email)),
    ),
    ...repeatedMails(mails, recorded),
    ...(receipts.length === purchases.length
      ? []
      : [`${receipts.length} receipts for ${purchases.length} purchases`]),
  ];
  for (const mail of mails.slice(0, openedMax)) {
    const known = recorded.get(`${mail.To[0]?.Address} ${mail.MessageID}`);
    if (known?.kind === 'receipt') problems.push(...(await checkReceiptMail(stack, mail, known)));
  }
  return problems;
}

const keyOf = (mail: MailSummary) => `${mail.To.map((to) => to.Address).join()} ${mail.MessageID}`;

/** How long before it is sent again a mail may have arrived without having been seen by whoever looked for it. */
const overlookedMs = 20;

/**
 * A mail may come again when its outcome was open and nobody could know that it had arrived: once for each time that
 * this is recorded.
 */
function repeatedMails(mails: MailSummary[], recorded: Map<string, OwedMail>): string[] {
  const copies = new Map<string, MailSummary[]>();
  for (const mail of mails) copies.set(keyOf(mail), [...(copies.get(keyOf(mail)) ?? []), mail]);
  return [...copies].flatMap(([key, all]) => {
    const owed = recorded.get(key);
    if (all.length === 1 || !owed) return [];
    const firstMs = Math.min(...all.map(({ Created }) => Created.getTime()));
    if (all.length > 1 + owed.ambiguities) return [`a mail came ${all.length} times, unrecorded: ${key}`];
    return firstMs < owed.last_intended_at.getTime() - overlookedMs
      ? [`a mail was sent again though it had arrived: ${key}`]
      : [];
  });
}

async function checkReceiptMail(stack: ShopUnderTest, mail: MailSummary, owed: OwedMail): Promise<string[]> {
  const { Text, Attachments } = await openMail(stack, mail);
  const attached = Attachments.map((part) => part.ContentType).join();
  return [
    ...(Text.includes(owed.number) ? [] : [`the mail to ${owed.email} has not their number`]),
    ...(attached === 'application/pdf'
      ? []
      : [`the mail to ${owed.email} has not exactly their receipt attached`]),
  ];
}

/** Whether analytics were told of every order, and, unless repeats are allowed, once. */
export async function checkAnalytics(
  stack: ShopUnderTest,
  { repeatsAllowed }: { repeatsAllowed: boolean },
): Promise<string[]> {
  const { events } = await read(`${stack.places.urls.analytics}/sandbox/events?limit=10000`, analyticsSchema);
  const told = new Set(events.map((event) => event.props.event_id));
  const orders = await stack.sql<{ id: string }>(
    `select 'purchase.fulfilled:' || order_id as id from fulfillment.payments
     union all select subject_key from fulfillment.fulfillment_jobs where kind = 'track'`,
  );
  const owed = new Set(orders.map((order) => order.id));
  const repeats = events.length - told.size;
  return [
    ...differences('analytics were not told of an order', owed, told),
    ...differences('analytics were told of an order that is not', told, owed),
    ...(repeats > 0 && !repeatsAllowed ? [`analytics were told ${repeats} times too often`] : []),
  ];
}

/** Lines of the product's log that speak of a bug of its own. */
export async function checkLog({ places, stderr }: ShopUnderTest): Promise<string[]> {
  const lines = (await readFile(places.logFile, 'utf8')).split('\n').filter(Boolean);
  // What others were in the way of is parted as well, and passes.
  const bugs = lines.filter(
    (line) => /"event":"(unexpected\.error|record\.split)"/.test(line) && !line.includes('"passing":true'),
  );
  return [...bugs.slice(0, 3), ...(stderr ? [`standard error: ${stderr.slice(0, 3000)}`] : [])];
}
