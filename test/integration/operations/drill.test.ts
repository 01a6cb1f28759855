import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { roles } from '../../../src/domain/permissions.ts';
import { judgeDrills } from '../../../src/main/checks/drill.ts';
import { createDrillMail, createListDrills } from '../../../src/operations/providers/drillMail.ts';
import { createListProviders } from '../../../src/operations/providers/listProviders.ts';
import { createPauseProvider } from '../../../src/operations/providers/pausing.ts';
import type { DrillResult, MailDrill } from '../../../src/ports/mailDrill.ts';
import { readDrills } from '../../../src/store/inspection/readDrills.ts';
import { createDrillBook } from '../../../src/store/operations/providers/drillBook.ts';
import { providerPausing } from '../../../src/store/operations/providers/providerPausing.ts';
import { createProviderWatch } from '../../../src/store/operations/providers/providerWatch.ts';
import { callerOf, type OperationsStack, startOperationsStack } from '../../builders/operationsStack.ts';

const accepted: DrillResult = {
  without: [],
  provider: 'smtp',
  outcome: 'accepted',
  seconds: 0.3,
  evidence: 'answer',
  fault: null,
};
const unproven: DrillResult = {
  ...accepted,
  without: ['smtp'],
  provider: 'listmonk',
  outcome: 'taken_unproven',
  evidence: null,
  fault: { reason: 'mail_unproven', message: 'Nothing shows it.', remedy: 'Give a journal.' },
};
const refused: DrillResult = {
  ...accepted,
  without: ['smtp'],
  provider: 'resend',
  outcome: 'refused',
  seconds: null,
  evidence: null,
  fault: {
    reason: 'resend_credentials',
    message: 'Resend refuses our API key.',
    remedy: 'Check RESEND_API_KEY.',
  },
};

/** Tells how many transactions were open while it sent, and what was written down by then. */
const drilled: Array<
  Parameters<MailDrill['run']>[0] & { openTransactions: number; verdict: unknown; audited: string[] }
> = [];
let results: DrillResult[] = [];
/** What the process meets while its mails are under way. */
let meets: () => Promise<void> = async () => undefined;
const lastsMaxMs = 60_000;
let address: string | null = null;
let stack: OperationsStack;

beforeAll(async () => {
  stack = await startOperationsStack((pool) => {
    const drill: MailDrill = {
      lastsMaxMs,
      async run(given) {
        const [row] = await stack.rows<{ open: number }>(
          `select count(*)::int as open from pg_stat_activity
            where usename = 'fulfillment_operations' and datname = current_database() and xact_start is not null`,
        );
        const { drills } = (await past()) as { drills: Array<{ verdict: string }> };
        const { rows } = await stack.audit.list({ target: { kind: 'mail', id: 'drill' } }, { limit: 1 });
        drilled.push({
          ...given,
          openTransactions: row?.open ?? -1,
          verdict: drills[0]?.verdict,
          audited: rows.map(({ action }) => action),
        });
        await meets();
        return results;
      },
    };
    const book = createDrillBook(pool);
    const options = { drill, book, watch: createProviderWatch(pool), mode: 'live' as const };
    return [
      { ...createDrillMail({ ...options, address: null }), name: 'drill:nowhere' },
      {
        ...createDrillMail({ ...options, address: 'x@books.example', mode: 'shadow' }),
        name: 'drill:shadow',
      },
      createDrillMail({ ...options, address: 'drill@books.example' }),
      createListDrills({ book, lastsMaxMs }),
      createListProviders({
        watch: options.watch,
        configured: { mail: ['smtp', 'resend'], analytics: [] },
        stepsOfProvider: new Map(),
        drills: { book, lastsMaxMs },
      }),
      createPauseProvider(providerPausing),
    ];
  });
});
beforeEach(async () => {
  drilled.length = 0;
  results = [accepted];
  meets = async () => undefined;
  address = 'drill@books.example';
  await stack.admin.query('delete from fulfillment.provider_drills');
  await stack.admin.query('delete from fulfillment.provider_circuits');
});
afterAll(() => stack.stop());

const past = async () => (await stack.ask('provider:drills', {})).output;
const lastDrill = async () =>
  ((await stack.ask('provider:list', {})).output as { lastDrill: unknown }).lastDrill;
const judged = async () => {
  const client = await stack.admin.connect();
  try {
    return judgeDrills(await readDrills(client), ['smtp', 'resend']);
  } finally {
    client.release();
  }
};
const makeOlder = (ms: number) =>
  stack.admin.query(
    `with drills as (update fulfillment.provider_drills set at = at - $1 * interval '1 millisecond')
     update fulfillment.ops_requests set created_at = created_at - $1 * interval '1 millisecond'`,
    [ms],
  );

describe('a drill of an outage', () => {
  it('is begun and audited before it sends, and is written down with its audit, without the address', async () => {
    results = [accepted, refused];
    const to = 'ops@books.example';
    const { output, auditSeq } = await stack.ask('provider:drill', { to });
    expect(drilled).toEqual([
      { to, paused: [], openTransactions: 0, verdict: 'under_way', audited: ['provider:drill:begin'] },
    ]);
    expect(output).toMatchObject({ passed: false, verdict: 'failed', results });
    expect(await past()).toEqual({ drills: [{ ...(output as object), by: 'auth0|anna' }] });
    const { rows } = await stack.audit.list({ target: { kind: 'mail', id: 'drill' } }, { limit: 1 });
    expect(rows[0]).toMatchObject({
      seq: auditSeq,
      action: 'provider:drill',
      after: { passed: false, verdict: 'failed' },
      details: { smtp: 'accepted', resend: 'refused' },
    });
    const [kept] = await stack.rows<{ text: string }>(
      `select (select d::text from fulfillment.provider_drills d) || (select string_agg(a::text, '') from fulfillment.ops_audit a)
         || (select string_agg(q::text, '') from fulfillment.ops_requests q) as text`,
    );
    expect(kept?.text).toContain('resend_credentials');
    expect(kept?.text).not.toContain(to);
  });

  it('goes to the address of the configuration, and is not played without one', async () => {
    await stack.ask('provider:drill', {});
    expect(drilled).toMatchObject([{ to: address }]);
    expect(await stack.refusalOf('drill:nowhere', {})).toMatchObject({
      kind: 'invalid_input',
      code: 'drill_address_missing',
      field: 'to',
    });
    expect(await stack.refusalOf('provider:drill', { to: 'a@b.example, c@d.example' })).toMatchObject({
      kind: 'invalid_input',
      field: 'to',
    });
    expect(drilled).toHaveLength(1);
  });

  it('tells which providers staff has paused, so that they are left alone', async () => {
    await stack.ask('provider:pause', { provider: 'resend', minutes: 5 });
    await stack.ask('provider:drill', {});
    expect(drilled).toMatchObject([{ paused: ['resend'] }]);
  });

  it('sends nothing in shadow mode', async () => {
    expect(await stack.refusalOf('drill:shadow', {})).toMatchObject({ code: 'mode_shadow' });
    expect(drilled).toEqual([]);
  });

  it('is for administrators, and whoever may not sends nothing', async () => {
    for (const role of roles.filter((one) => one !== 'ops_admin'))
      expect((await stack.refusalOf('provider:drill', {}, { caller: callerOf(role) })).kind).toBe(
        'not_allowed',
      );
    expect(drilled).toEqual([]);
    expect(await past()).toEqual({ drills: [] });
  });

  it('is played once for one request, and tells the first result again', async () => {
    const requestId = randomUUID();
    const { output } = await stack.ask('provider:drill', {}, { requestId });
    results = [refused];
    expect(await stack.ask('provider:drill', {}, { requestId })).toMatchObject({ repeated: true, output });
    expect(drilled).toHaveLength(1);
    expect(await past()).toMatchObject({ drills: [{ passed: true }] });
  });

  it('mails nobody a second time while the same request is under way', async () => {
    const requestId = randomUUID();
    meets = async () => {
      expect(await stack.refusalOf('provider:drill', {}, { requestId })).toMatchObject({
        kind: 'wrong_state',
        code: 'request_under_way',
      });
    };
    await stack.ask('provider:drill', {}, { requestId });
    expect(drilled).toHaveLength(1);
    expect((await stack.ask('provider:drill', {}, { requestId })).repeated).toBe(true);
  });

  it('that is cut off half way is on record as begun and not finished, and is not played again', async () => {
    const requestId = randomUUID();
    meets = () => Promise.reject(new Error('the process ended here'));
    await expect(stack.ask('provider:drill', {}, { requestId })).rejects.toThrow('the process ended here');
    meets = async () => undefined;
    expect(await past()).toMatchObject({ drills: [{ verdict: 'under_way', passed: false, results: [] }] });

    await makeOlder(10 * 60_000);
    expect(await past()).toMatchObject({ drills: [{ verdict: 'not_finished', by: 'auth0|anna' }] });
    expect(await lastDrill()).toMatchObject({ verdict: 'not_finished', by: 'auth0|anna' });
    expect(await judged()).toMatchObject([
      { state: 'warning', detail: expect.stringContaining('never finished') },
      { state: 'warning', detail: expect.stringContaining('no drill of an outage yet') },
    ]);
    expect(await stack.refusalOf('provider:drill', {}, { requestId })).toMatchObject({
      code: 'request_cut_off',
      remedy: expect.stringContaining('new request id'),
    });
    expect(drilled).toHaveLength(1);
    const { rows } = await stack.audit.list({ requestId }, { limit: 10, order: 'oldest' });
    expect(rows).toMatchObject([
      { action: 'provider:drill:begin', result: 'done', after: { drill: expect.any(String) } },
      { action: 'provider:drill', result: 'failed' },
      { action: 'provider:drill', result: 'refused' },
    ]);

    await stack.ask('provider:drill', {});
    expect(drilled).toHaveLength(2);
    expect(await lastDrill()).toMatchObject({ verdict: 'passed' });
  });

  it('that is refused was not begun', async () => {
    const requestId = randomUUID();
    await stack.refusalOf('drill:nowhere', {}, { requestId });
    expect(await past()).toEqual({ drills: [] });
    expect(await lastDrill()).toBeNull();
    // The id is free for what is asked now.
    expect((await stack.ask('provider:drill', {}, { requestId })).repeated).toBe(false);
  });

  it('has not passed when a mail was taken without proof', async () => {
    results = [accepted, unproven];
    expect((await stack.ask('provider:drill', {})).output).toMatchObject({
      passed: false,
      verdict: 'unproven',
      results,
    });
    expect(await judged()).toMatchObject([
      { state: 'warning', detail: expect.stringContaining('listmonk took its mail, unproven') },
    ]);
  });

  it('counts for the check of the configuration, by the time of the database', async () => {
    expect(await judged()).toMatchObject([{ state: 'warning', detail: expect.stringContaining('no drill') }]);
    results = [accepted, { ...accepted, without: ['smtp'], provider: 'resend' }];
    await stack.ask('provider:drill', {});
    expect(await judged()).toMatchObject([{ state: 'ok', detail: expect.stringContaining('today') }]);
    await makeOlder(36 * 86_400_000);
    expect(await judged()).toMatchObject([
      { state: 'warning', detail: expect.stringContaining('36 days ago and passed') },
    ]);
    results = [accepted, refused];
    await stack.ask('provider:drill', {});
    expect(await judged()).toMatchObject([
      { state: 'warning', detail: expect.stringContaining('today and failed (resend refused)') },
    ]);
  });

  it('hears what reports tell of its mails, which no ledger knows', async () => {
    const book = createDrillBook(stack.pool);
    const [taken, back, slow] = ['a', 'b', 'c'].map((letter) => `<${letter.repeat(40)}@books.example>`);
    const told = (ref: string | undefined, event: string, kind: string, permanence: string | null) =>
      stack.admin.query(
        `insert into fulfillment.email_evidence (source, event_id, provider, mail_ref, kind, permanence, cause, at)
         values ('novu_webhook', $1, 'novu', $2, $3, $4, case when $4::text is null then null else 'unknown' end, now())`,
        [event, ref, kind, permanence],
      );
    await told(taken, 'e1', 'accepted', null);
    await told(back, 'e2', 'accepted', null);
    await told(back, 'e3', 'bounced', 'hard');
    await told(slow, 'e4', 'bounced', 'soft');
    expect(await Promise.all([taken, back, slow].map((id) => book.heardOf(id ?? '')))).toEqual([
      'taken',
      'came_back',
      undefined,
    ]);
  });

  it('stays as it was written down', async () => {
    await stack.ask('provider:drill', {});
    const { rowCount } = await stack.pool.query(
      'update fulfillment.provider_drills set passed = false, results = $1',
      ['[]'],
    );
    expect(rowCount).toBe(0);
  });
});
