import { z } from 'zod';

type Shown = Record<string, string | number | boolean | null>;

export interface MaskedPayload {
  /** What the event says of itself. */
  event: Shown;
  /** What it says of its object: ids, types, states, amounts. */
  object: Shown;
  /** Fields of the object that are there and not shown. */
  hiddenFields: number;
}

/**
 * The only fields of a payload that staff see. Everything else may hold what a buyer typed: names, addresses, texts,
 * and whatever a shop puts into its metadata.
 */
const eventFields = ['id', 'object', 'type', 'api_version', 'created', 'livemode', 'account'] as const;
const objectFields = [
  ...[
    'id',
    'object',
    'type',
    'status',
    'payment_status',
    'mode',
    'livemode',
    'created',
    'expires_at',
    'currency',
  ],
  ...['amount', 'amount_total', 'amount_subtotal', 'amount_received', 'amount_captured', 'amount_refunded'],
  ...['amount_due', 'amount_paid', 'paid', 'refunded', 'disputed', 'captured', 'reason'],
  ...['payment_intent', 'charge', 'latest_charge', 'balance_transaction', 'invoice', 'subscription'],
] as const;

/** An id, a type or a state: never a text with blanks, and nothing with an `@`. */
const code = /^[A-Za-z0-9_.:-]{1,255}$/;

/** @returns undefined for bytes that are no JSON object */
export function maskedPayload(body: Uint8Array): MaskedPayload | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
  const event = recordOf(parsed);
  if (!event) return undefined;
  const object = recordOf(recordOf(event['data'])?.['object']) ?? {};
  const shown = only(objectFields, object);
  return {
    event: only(eventFields, event),
    object: shown,
    hiddenFields: Object.keys(object).length - Object.keys(shown).length,
  };
}

const recordSchema = z.record(z.string(), z.unknown());
const recordOf = (value: unknown) => recordSchema.safeParse(value).data;

function only(fields: readonly string[], record: Record<string, unknown>): Shown {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = Object.hasOwn(record, field) ? harmless(record[field]) : undefined;
      return value === undefined ? [] : [[field, value]];
    }),
  );
}

/** A value that can be shown; of an object that was expanded its id; undefined for all else. */
function harmless(value: unknown): string | number | boolean | null | undefined {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value === 'string') return code.test(value) ? value : undefined;
  const id = recordOf(value)?.['id'];
  return typeof id === 'string' && code.test(id) ? id : undefined;
}
