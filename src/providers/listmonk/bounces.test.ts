import { afterEach, describe, expect, it } from 'vitest';
import {
  type ListmonkBounce,
  listmonkUser,
  type ListmonkVendor,
  startListmonkVendor,
} from '../../../test/vendors/listmonk.ts';
import type { DeliveryEvidence } from '../../ports/deliveryEvidence.ts';
import { createListmonkBounces } from './bounces.ts';

const never = new AbortController().signal;
const now = () => new Date('2026-11-20T12:00:00Z');
const hoursAgo = (hours: number) => new Date(now().getTime() - hours * 3_600_000);

let vendor: ListmonkVendor;
afterEach(() => vendor.stop());

async function start(permissions = ['bounces:get']) {
  vendor = await startListmonkVendor({
    subscribers: new Set(['jan@example.pl']),
    users: { [listmonkUser.user]: { token: listmonkUser.token, permissions } },
  });
  return createListmonkBounces({ ...listmonkUser, baseUrl: vendor.url, timeoutMs: 2_000, now });
}

const report = (fields: Partial<ListmonkBounce> = {}) =>
  vendor.bounce({
    email: 'jan@example.pl',
    type: 'hard',
    meta: { message_id: '<m1@shop.example>', classify_reason: 'smtp_status=5.1.1' },
    createdAt: hoursAgo(1),
    ...fields,
  });

/** Polls until a walk over the list is over. */
async function walk(source: Awaited<ReturnType<typeof start>>, from: string | null, pages = 1) {
  const told: DeliveryEvidence[] = [];
  let cursor = from;
  for (let page = 0; page < pages; page += 1) {
    const polled = await source.poll(cursor, never);
    told.push(...polled.evidence);
    cursor = polled.cursor;
  }
  return { told, cursor };
}
const ids = (told: DeliveryEvidence[]) => told.map(({ messageId }) => messageId);

describe('Listmonk’s bounces', () => {
  it('tell what came back, by our Message-ID and without the address', async () => {
    const source = await start();
    report();
    expect((await source.poll(null, never)).evidence).toEqual([
      {
        provider: 'listmonk',
        source: 'listmonk_bounces',
        eventId: '1',
        kind: 'bounced',
        messageId: '<m1@shop.example>',
        at: hoursAgo(1),
        bounce: { permanence: 'hard', cause: 'address', status: '5.1.1' },
      },
    ]);
  });

  it.each<[Partial<ListmonkBounce>, object]>([
    [
      { type: 'soft', meta: { message_id: 'm1@shop.example' } },
      { permanence: 'soft', cause: 'unknown' },
    ],
    [
      { meta: { message_id: '<m1@shop.example>', classify_reason: 'smtp_status=4.2.2' } },
      { permanence: 'soft', cause: 'mailbox_full', status: '4.2.2' },
    ],
    [
      { meta: { message_id: '<m1@shop.example>', classify_reason: 'smtp_status=5.7.1' } },
      { permanence: 'hard', cause: 'policy', status: '5.7.1' },
    ],
    [
      { meta: { message_id: '<m1@shop.example>', classify_reason: 'smtp_status=5.6.0' } },
      { permanence: 'hard', cause: 'content', status: '5.6.0' },
    ],
    [
      { meta: { message_id: '<m1@shop.example>', classify_reason: 'body_match=jan@example.pl unknown' } },
      { permanence: 'hard', cause: 'unknown' },
    ],
    [{ meta: { mail: { commonHeaders: { messageId: '<m1@shop.example>' } } } }, { permanence: 'hard' }],
    [{ meta: { 'smtp-id': '<m1@shop.example>' } }, { permanence: 'hard' }],
    [{ meta: { message: { headers: { 'message-id': 'm1@shop.example' } } } }, { permanence: 'hard' }],
  ])('are read wherever a source keeps the id: %j', async (fields, bounce) => {
    const source = await start();
    report(fields);
    expect((await source.poll(null, never)).evidence).toMatchObject([
      { kind: 'bounced', messageId: '<m1@shop.example>', bounce },
    ]);
  });

  it.each<Partial<ListmonkBounce>>([
    { type: 'complaint', meta: { 'smtp-id': '<m1@shop.example>' } },
    { meta: { message_id: '<m1@shop.example>', classify_reason: 'rfc5965 abuse report' } },
  ])('tell a complaint from a bounce: %j', async (fields) => {
    const source = await start();
    report(fields);
    const { evidence } = await source.poll(null, never);
    expect(evidence).toMatchObject([{ kind: 'complained' }]);
    expect(evidence[0]).not.toHaveProperty('bounce');
  });

  it.each<[string, Partial<ListmonkBounce>]>([
    ['that names a person and no mail', { meta: {} }],
    ['whose id is none', { meta: { message_id: 'see above' } }],
    ['of a kind we do not know', { type: 'odd' as 'hard' }],
    ['of a buyer who is no subscriber, since Listmonk keeps none', { email: 'ewa@example.pl' }],
    ['older than we look', { createdAt: hoursAgo(8 * 24) }],
  ])('leave alone one %s', async (_, fields) => {
    const source = await start();
    report(fields);
    expect((await source.poll(null, never)).evidence).toEqual([]);
  });

  it('tell what is new, even where its time is older than what was told', async () => {
    const source = await start();
    const meta = (number: number) => ({ message_id: `<m${number}@shop.example>` });
    report({ meta: meta(1), createdAt: hoursAgo(1) });
    const first = await walk(source, null);
    expect(ids(first.told)).toEqual(['<m1@shop.example>']);
    report({ meta: meta(2), createdAt: hoursAgo(30) });
    const second = await walk(source, first.cursor);
    expect(ids(second.told)).toEqual(['<m2@shop.example>']);
    expect((await walk(source, second.cursor)).told).toEqual([]);
  });

  it('miss nothing over several pages, though more comes in meanwhile', async () => {
    const source = await start();
    const expected = new Set<string>();
    const add = (number: number, hours: number) => {
      expected.add(`<m${number}@shop.example>`);
      report({ meta: { message_id: `<m${number}@shop.example>` }, createdAt: hoursAgo(hours) });
    };
    for (let number = 1; number <= 120; number += 1) add(number, (number * 37) % 160);
    const first = await source.poll(null, never);
    add(121, 0);
    add(122, 159);
    const rest = await walk(source, first.cursor, 2);
    const next = await walk(source, rest.cursor, 3);
    const told = ids([...first.evidence, ...rest.told, ...next.told]);
    expect(new Set(told)).toEqual(expected);
    expect((await walk(source, next.cursor, 3)).told.length).toBeLessThanOrEqual(2);
  });

  it('say where their list ends, for their cursor then goes back to the first page', async () => {
    const source = await start();
    for (let number = 0; number < 120; number += 1) report({ meta: {}, createdAt: hoursAgo(number) });
    const ends: Array<boolean | undefined> = [];
    let cursor: string | null = null;
    for (let page = 0; page < 3; page += 1) {
      const polled = await source.poll(cursor, never);
      ends.push(polled.atEnd);
      cursor = polled.cursor;
    }
    expect(ends).toEqual([false, false, true]);
  });

  it('are read from the newest down, and not below what is too old', async () => {
    const source = await start();
    for (let number = 0; number < 60; number += 1) report({ createdAt: hoursAgo(9 * 24 + number) });
    report({ meta: { message_id: '<new@shop.example>' } });
    const { told, cursor } = await walk(source, null);
    expect(ids(told)).toEqual(['<new@shop.example>']);
    report({ meta: { message_id: '<newer@shop.example>' } });
    expect(ids((await walk(source, cursor)).told)).toEqual(['<newer@shop.example>']);
  });

  it('begin anew with a cursor that cannot be read', async () => {
    const source = await start();
    report();
    expect((await source.poll('nonsense', never)).evidence).toHaveLength(1);
  });

  it('say so when they cannot be read', async () => {
    const source = await start([]);
    await expect(source.poll(null, never)).rejects.toMatchObject({
      kind: 'needs_human',
      reason: 'listmonk_credentials',
      message: expect.stringContaining('bounces:get'),
    });
    vendor.mood('shows_login');
    await expect(source.poll(null, never)).rejects.toMatchObject({ reason: 'listmonk_misconfigured' });
  });
});
