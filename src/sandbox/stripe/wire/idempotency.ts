import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { StripeApiError } from './errors.ts';
import { stripeJson } from './json.ts';
import { transact } from '../objectStore.ts';

export interface IdempotentRequest {
  /** The `Idempotency-Key` header; without one the work simply runs. */
  key: string | undefined;
  method: string;
  path: string;
  body: string;
  requestId: string;
}

export interface IdempotentAnswer {
  body: string;
  headers: Record<string, string>;
}

/**
 * Runs a POST once for its idempotency key. The key is kept in the transaction of the work, so a process that dies
 * leaves both or neither. Answers with an error are not kept: the work did not happen and may be tried again.
 * @throws StripeApiError 400 when the key came with other parameters before, 409 while the first request still runs.
 */
export async function runOnce(
  pool: Pool,
  request: IdempotentRequest,
  work: (db: PoolClient) => Promise<object>,
): Promise<IdempotentAnswer> {
  const { key } = request;
  if (key === undefined) {
    return { body: stripeJson(await transact(pool, work)), headers: {} };
  }
  if (key.length > 255) throw idempotencyError(400, 'Idempotency keys must be 255 characters or shorter.');
  return transact(pool, async (db) => {
    await claimKey(db, key);
    const earlier = await findAnswer(db, request, key);
    if (earlier) return earlier;
    const body = stripeJson(await work(db));
    await db.query(
      'insert into stripe_sandbox.idempotency_keys (key, fingerprint, request_id, status, body) values ($1, $2, $3, 200, $4)',
      [key, fingerprint(request), request.requestId, body],
    );
    return { body, headers: { 'Idempotency-Key': key } };
  });
}

async function claimKey(db: PoolClient, key: string): Promise<void> {
  const { rows } = await db.query<{ free: boolean }>(
    'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as free',
    [`stripe_sandbox:${key}`],
  );
  if (rows[0]?.free) return;
  throw idempotencyError(
    409,
    `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}.`,
    'idempotency_key_in_use',
  );
}

async function findAnswer(
  db: PoolClient,
  request: IdempotentRequest,
  key: string,
): Promise<IdempotentAnswer | undefined> {
  const { rows } = await db.query<{ fingerprint: string; request_id: string; body: string }>(
    'select fingerprint, request_id, body from stripe_sandbox.idempotency_keys where key = $1',
    [key],
  );
  const earlier = rows[0];
  if (!earlier) return undefined;
  if (earlier.fingerprint !== fingerprint(request)) {
    throw idempotencyError(
      400,
      `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
    );
  }
  return {
    body: earlier.body,
    headers: {
      'Idempotency-Key': key,
      'Idempotent-Replayed': 'true',
      'Original-Request': earlier.request_id,
    },
  };
}

function idempotencyError(status: number, message: string, code?: string): StripeApiError {
  return new StripeApiError(status, message, {
    type: 'idempotency_error',
    ...(code !== undefined && { code }),
  });
}

function fingerprint(request: IdempotentRequest): string {
  return createHash('sha256').update(`${request.method} ${request.path}\n${request.body}`).digest('hex');
}
