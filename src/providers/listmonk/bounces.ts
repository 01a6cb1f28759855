import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import type { Bounce, BounceCause, DeliveryEvidence, DeliverySource } from '../../ports/deliveryEvidence.ts';
import { connectListmonk, type ListmonkConnectionOptions } from './api.ts';
import { listmonkFault } from './faults.ts';

export interface ListmonkBouncesOptions extends ListmonkConnectionOptions {
  /** How far back the list is read. A bounce carries the time that its source gives it, which may be days ago. */
  lookBackMs?: number | undefined;
  now: () => Date;
}

const sourceName = 'listmonk_bounces';
const perPage = 50;
const lookBackMsDefault = 7 * 24 * 3_600_000;

const bounceShape = z.object({
  id: z.int().positive(),
  /** `hard`, `soft` or `complaint`; one that is none of them is left alone. */
  type: z.string(),
  meta: z.unknown(),
  created_at: z.coerce.date(),
});
type ListedBounce = z.infer<typeof bounceShape>;

const page = z.object({ results: z.array(bounceShape) });

/**
 * Listmonk's list of bounces (listmonk.app/docs/apis/bounces), a page with each poll. The list knows no mail, only a
 * subscriber: a bounce is told where its source has kept our Message-ID in `meta`, and left alone where it names a
 * person and no mail. Listmonk records nothing at all for buyers who are no subscribers (internal/core/bounces.go,
 * `RecordBounce`), so what is heard here is a part of what comes back.
 *
 * @throws TypeError when an option cannot be used
 */
export function createListmonkBounces(options: ListmonkBouncesOptions): DeliverySource {
  const api = connectListmonk(options);
  const { lookBackMs = lookBackMsDefault, now } = options;

  return {
    name: sourceName,
    async poll(cursor, signal) {
      const walk = walkOf(cursor);
      const query = {
        page: String(walk.page),
        per_page: String(perPage),
        order_by: 'created_at',
        order: 'desc',
      };
      const answer = await api.ask({ path: 'api/bounces', query, data: page, signal });
      if (answer.kind !== 'ok') throw new Fault(listmonkFault({ ...answer, mayBeQueued: false }));
      const { results } = answer.body.data;
      const oldestMs = now().getTime() - lookBackMs;
      const fresh = results.filter(
        ({ id, created_at }) => id > walk.toldId && created_at.getTime() > oldestMs,
      );
      const atEnd =
        results.length < perPage || results.some(({ created_at }) => created_at.getTime() <= oldestMs);
      // At the end of a walk the cursor goes back to the first page; what is new there can wait for the next look.
      return { evidence: fresh.flatMap(evidenceOf), cursor: cursorOf(nextOf(walk, results, atEnd)), atEnd };
    },
  };
}

/**
 * The list is ordered by a time that is not the time of recording, so a new bounce may stand anywhere in it. Its id
 * does only grow. One walk goes from the newest page down; what was recorded before it began has an id of at most
 * `ceilingId`, or stands on a page still to come, and the next walk tells what is above.
 */
interface Walk {
  /** Everything up to this id has been told. */
  toldId: number;
  /** The highest id on the first page of this walk. */
  ceilingId: number;
  page: number;
}

const beginning: Walk = { toldId: 0, ceilingId: 0, page: 1 };

function nextOf(walk: Walk, results: readonly ListedBounce[], atEnd: boolean): Walk {
  const ceilingId = walk.page === 1 ? Math.max(walk.toldId, ...results.map(({ id }) => id)) : walk.ceilingId;
  return atEnd
    ? { toldId: ceilingId, ceilingId, page: 1 }
    : { toldId: walk.toldId, ceilingId, page: walk.page + 1 };
}

/** A cursor that cannot be read begins anew; a repeat says nothing new. */
function walkOf(cursor: string | null): Walk {
  const parts = /^(\d{1,15})\/(\d{1,15})\/(\d{1,9})$/.exec(cursor ?? '');
  if (!parts) return beginning;
  return { toldId: Number(parts[1]), ceilingId: Number(parts[2]), page: Math.max(Number(parts[3]), 1) };
}

const cursorOf = ({ toldId, ceilingId, page: number }: Walk): string => `${toldId}/${ceilingId}/${number}`;

function evidenceOf({ id, type, meta, created_at: at }: ListedBounce): DeliveryEvidence[] {
  const messageId = messageIdIn(meta);
  if (messageId === undefined) return [];
  const told = { provider: 'listmonk', source: sourceName, eventId: String(id), messageId, at };
  const reason = textAt(meta, ['classify_reason']) ?? '';
  // Reports of abuse that come by mail are listed as hard bounces (internal/bounce/mailbox/parser.go, `parseDSN`).
  if (type === 'complaint' || reason === 'rfc5965 abuse report') return [{ ...told, kind: 'complained' }];
  if (type !== 'hard' && type !== 'soft') return [];
  return [{ ...told, kind: 'bounced', bounce: bounceOf(type, reason) }];
}

/** Where sources keep the Message-ID of the mail that came back. */
const places = [
  // A mailbox of bounces (internal/bounce/mailbox).
  ['message_id'],
  // Amazon SES, with "Include original email headers".
  ['mail', 'commonHeaders', 'messageId'],
  // SendGrid.
  ['smtp-id'],
  // Mailgun.
  ['message', 'headers', 'message-id'],
];

function messageIdIn(meta: unknown): string | undefined {
  for (const place of places) {
    const text = textAt(meta, place)?.trim();
    const plain = text && /^<?([^\s<>@]{1,250}@[^\s<>@]{1,250})>?$/.exec(text)?.[1];
    if (plain) return `<${plain}>`;
  }
  return undefined;
}

function textAt(value: unknown, place: readonly string[]): string | undefined {
  let found: unknown = value;
  for (const name of place) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return typeof found === 'string' ? found : undefined;
}

/** Listmonk has called passing failures (4.x.x) hard as well, so the status says more than the type. */
function bounceOf(type: 'hard' | 'soft', reason: string): Bounce {
  const status = /^smtp_status=([45]\.\d{1,3}\.\d{1,3})$/.exec(reason)?.[1];
  if (status === undefined) return { permanence: type, cause: 'unknown' };
  return { permanence: status.startsWith('5') ? 'hard' : 'soft', cause: causeOf(status), status };
}

/** By subject and detail (RFC 3463 §3). */
function causeOf(status: string): BounceCause {
  const [, subject, detail] = status.split('.');
  if (subject === '1') return 'address';
  if (subject === '2') return detail === '2' ? 'mailbox_full' : 'address';
  if (subject === '6') return 'content';
  return subject === '7' ? 'policy' : 'unknown';
}
