import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool } from '../../src/store/connection.ts';
import { purchaseEvents, startAcceptStack, type AcceptStack } from '../builders/acceptStack.ts';
import { bytesOf, sessionObject, stripeEvent } from '../builders/stripeEvent.ts';

let stack: AcceptStack;

beforeAll(async () => {
  stack = await startAcceptStack();
});
afterAll(() => stack.stop());

describe('content that cannot be used', () => {
  const hostile = (mark: string): Array<[string, string, string]> => [
    [
      'NUL',
      JSON.stringify(stripeEvent(sessionObject({ x: 'a\u0000' }), { id: `evt_${mark}` })),
      'unstorable_text',
    ],
    [
      'a lone surrogate',
      JSON.stringify(stripeEvent(sessionObject({ x: '\ud800' }), { id: `evt_${mark}` })),
      'unstorable_text',
    ],
    [
      'NUL in the version',
      JSON.stringify(stripeEvent(undefined, { id: `evt_${mark}`, api_version: '\u0000' })),
      'envelope: api_version',
    ],
    [
      'an absurd number',
      JSON.stringify(stripeEvent(undefined, { id: `evt_${mark}` })).replace('4900', '1e400'),
      'shape: amount_total',
    ],
    [
      'a date beyond dates',
      JSON.stringify(stripeEvent(undefined, { id: `evt_${mark}`, created: 1e15 })),
      'envelope: created',
    ],
    ['nesting', `[${'['.repeat(200_000)}`, 'nested_too_deep'],
    ['no JSON', `${mark} {`, 'not_json'],
    ['no object', JSON.stringify(mark), 'envelope: root'],
  ];

  it.each(hostile(randomUUID().replaceAll('-', '')).map(([title]) => title))(
    'is answered 200, stored raw once and visible: %s',
    async (title) => {
      const { post, outcomes } = stack.webhook();
      const [, body, reason] =
        hostile(randomUUID().replaceAll('-', '')).find(([name]) => name === title) ?? [];
      expect((await post(body)).status).toBe(200);
      expect((await post(body)).status).toBe(200);
      expect(outcomes()).toEqual(['quarantined', 'duplicate']);
      const visible = await stack
        .poolAs('fulfillment_reader', 1)
        .query(
          `select verdict, reason from fulfillment.stripe_events where verdict = 'quarantined' and reason = $1`,
          [reason],
        );
      expect(visible.rows.length).toBeGreaterThan(0);
      const kept = await stack.rows('select from fulfillment.stripe_events where body = $1', [bytesOf(body)]);
      expect(kept).toHaveLength(1);
    },
  );

  it('is stored and ignored when the type is unknown', async () => {
    const { post, outcomes } = stack.webhook();
    const id = `evt_${randomUUID().replaceAll('-', '')}`;
    await post(stripeEvent(undefined, { id, type: 'invoice.paid' }));
    expect(outcomes()).toEqual(['ignored']);
    expect(await stack.eventsOf(id)).toMatchObject([{ verdict: 'ignored', reason: 'type_not_acted_on' }]);
  });
});

describe('the role of the intake', () => {
  it('may do nothing but accept: no table can be read or written, no other function called', async () => {
    const tables = await stack.rows<{ name: string }>(
      `select c.oid::regclass::text as name from pg_class c
        where c.relnamespace = 'fulfillment'::regnamespace and c.relkind in ('r', 'p', 'v')`,
    );
    const statements = tables.flatMap(({ name }) => [
      `select 1 from ${name} limit 0`,
      `insert into ${name} default values`,
      `delete from ${name}`,
      `truncate ${name}`,
    ]);
    expect(tables.length).toBeGreaterThan(15);
    const forbidden = [
      ...statements,
      'select fulfillment.ensure_event_partitions(3)',
      `select fulfillment.append_job_event(gen_random_uuid(), 'a', 'b', '{}')`,
      'create table fulfillment.mine (n int)',
      'create table public.mine (n int)',
    ];
    for (const statement of forbidden) {
      const code = await stack.intake.query(statement).then(
        () => `allowed: ${statement}`,
        (error: { code?: string }) => error.code,
      );
      expect(code).toBe('42501');
    }
  });
});

describe('a database that is down', () => {
  it('is answered 503 with Retry-After, and nothing is claimed to be received', async () => {
    const nobody = createPool({
      connectionString: 'postgresql://fulfillment_intake@127.0.0.1:1/none',
      applicationName: 'test',
      connectionsMax: 2,
    });
    const { post, outcomes } = stack.webhook(nobody);
    expect(await post(purchaseEvents().completed)).toEqual({
      status: 503,
      body: { error: 'unavailable' },
      retryAfterSeconds: 30,
    });
    expect(outcomes()).toEqual(['unavailable']);
    await nobody.end();
  });

  it('loses nothing when its connections are cut: what was answered 200 is there', async () => {
    const pool = stack.poolAs('fulfillment_intake', 5);
    const { post } = stack.webhook(pool);
    const many = Array.from({ length: 40 }, () => purchaseEvents());
    const cut = async () => {
      await stack.rows(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where usename = 'fulfillment_intake' and datname = current_database()`,
      );
    };
    const [answers] = await Promise.all([Promise.all(many.map(({ completed }) => post(completed))), cut()]);
    for (const [index, { status }] of answers.entries()) {
      const bought = many[index] as (typeof many)[number];
      const stored = await stack.eventsOf(bought.completed['id']);
      if (status === 200) expect(stored).toHaveLength(1);
      else expect((await post(bought.completed)).status).toBe(200);
      expect((await stack.stateOf(bought.intent)).jobs).toHaveLength(1);
    }
  });
});
