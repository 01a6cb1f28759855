import { z } from 'zod';
import type { Finding } from '../../cli/duties.ts';
import type { GateCloser } from '../../domain/mailGate.ts';
import { purchaseEventTypes } from '../../domain/stripeEventTypes.ts';
import { parseSecureUrl } from '../../providers/outbound.ts';
import { createStripeClient } from '../../providers/stripe/client.ts';
import { connectOnce } from '../../store/inspection/connectOnce.ts';
import { readKnownEvents } from '../../store/inspection/readKnownEvents.ts';
import type { Config } from '../config.ts';
import { findingsOf, type Check, type CheckContext } from './check.ts';

const { ok, note, warning } = findingsOf('mail gate');

/** Whether mail goes out, and whether this database knows what Stripe has delivered to us. */
export const mailGateCheck: Check = {
  name: 'mail gate',
  async run(context) {
    const { config } = context;
    const delivered = await deliveredEvents(context).catch(() => null);
    const known = await connectOnce(config.database.readerUrl, (client) =>
      readKnownEvents(
        client,
        (delivered ?? []).map(({ id }) => id),
      ),
    );
    return [
      judgeGate(config, known.gate),
      ...(delivered === null
        ? [
            note(
              'whether this database is older than what Stripe has delivered cannot be known: the events cannot be listed',
            ),
          ]
        : judgeAge(delivered, known)),
    ];
  },
};

const whys: Readonly<Record<GateCloser, string>> = {
  brake: 'the brake has stopped it',
  restore: 'restore mode is on',
  shadow: 'the service ran in shadow mode',
};

export function judgeGate({ mode }: Pick<Config, 'mode'>, why: GateCloser | null): Finding {
  if (mode === 'shadow')
    return warning(
      'shadow mode: no mail and no analytics leave',
      'Set FULFILLMENT_MODE=live when it is meant to work.',
    );
  if (why === null) return ok('open: mail goes out');
  return warning(`all mail is held: ${whys[why]}`, 'Look with: fulfillment mail status');
}

interface DeliveredEvent {
  id: string;
  createdAt: Date;
}
interface KnownEvents {
  gate: GateCloser | null;
  /** When the first event that we know happened; null: we know none. */
  firstAt: Date | null;
  ids: ReadonlySet<string>;
}

/**
 * Stripe says of some events that they were delivered. Those that came to this shop and are not here are gone with the
 * database that knew them. Before the first that we know, others were told.
 */
export function judgeAge(
  delivered: readonly DeliveredEvent[],
  { gate, firstAt, ids }: KnownEvents,
): Finding[] {
  const lost = delivered.filter(
    ({ id, createdAt }) => firstAt !== null && createdAt > firstAt && !ids.has(id),
  );
  const [first] = lost.toSorted((one, other) => one.createdAt.getTime() - other.createdAt.getTime());
  if (!first) return [];
  const what = `${lost.length} events about purchases that Stripe has delivered are not in this database, the first of ${first.createdAt.toISOString()}`;
  if (gate === 'restore') return [note(`${what}; restore mode is on`)];
  return [
    warning(
      `${what}: it may be a backup that was restored`,
      'If it is, turn restore mode on before the service starts: docs/restore.md. If another endpoint of the account got them, all is well.',
    ),
  ];
}

const eventsShape = z.object({ data: z.array(z.object({ id: z.string(), created: z.int() })) });
/** What was created a moment ago may be on its way to us. */
const onItsWayMs = 120_000;

async function deliveredEvents({ config, signal }: CheckContext): Promise<DeliveredEvent[]> {
  const client = createStripeClient({
    secretKey: config.stripe.secretKey,
    baseUrl: parseSecureUrl(config.stripe.baseUrl ?? 'https://api.stripe.com', 'Stripe’s base URL'),
    timeoutMs: 10_000,
    answerBytesMax: 8 * 1024 * 1024,
  });
  const before = Math.floor((Date.now() - onItsWayMs) / 1_000);
  const { data } = await client.within(signal, (question) =>
    question(
      (stripe) =>
        stripe.events.list({
          types: [...purchaseEventTypes],
          delivery_success: true,
          created: { lt: before },
          limit: 100,
        }),
      eventsShape,
    ),
  );
  return data.map(({ id, created }) => ({ id, createdAt: new Date(created * 1_000) }));
}
