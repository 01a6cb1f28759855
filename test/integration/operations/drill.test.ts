import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { roles } from '../../../src/domain/permissions.ts';
import { createDrillMail, createListDrills } from '../../../src/operations/providers/drillMail.ts';
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

/** Tells how many transactions were open while it sent. */
const drilled: Array<Parameters<MailDrill['run']>[0] & { openTransactions: number }> = [];
let results: DrillResult[] = [];
let address: string | null = null;
let stack: OperationsStack;

beforeAll(async () => {
  stack = await startOperationsStack((pool) => {
    const drill: MailDrill = {
      async run(given) {
        const [row] = await stack.rows<{ open: number }>(
          `select count(*)::int as open from pg_stat_activity
            where usename = 'fulfillment_operations' and datname = current_database() and xact_start is not null`,
        );
        drilled.push({ ...given, openTransactions: row?.open ?? -1 });
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
      createListDrills(book),
      createPauseProvider(providerPausing),
    ];
  });
});
beforeEach(async () => {
  drilled.length = 0;
  results = [accepted];
  address = 'drill@books.example';
  await stack.admin.query('delete from fulfillment.provider_drills');
  await stack.admin.query('delete from fulfillment.provider_circuits');
});
afterAll(() => stack.stop());

const past = async () => (await stack.ask('provider:drills', {})).output;
const ago = async () => {
  const client = await stack.admin.connect();
  try {
    return (await readDrills(client)).passedAgoMs;
  } finally {
    client.release();
  }
};

describe('a drill of an outage', () => {
  it('sends before its transaction, and is written down with its audit, without the address', async () => {
    results = [accepted, refused];
    const to = 'ops@books.example';
    const { output, auditSeq } = await stack.ask('provider:drill', { to });
    expect(drilled).toEqual([{ to, paused: [], openTransactions: 0 }]);
    expect(output).toMatchObject({ passed: false, results });
    expect(await past()).toEqual({ drills: [{ ...(output as object), by: 'auth0|anna' }] });
    const { rows } = await stack.audit.list({ target: { kind: 'mail', id: 'drill' } }, { limit: 1 });
    expect(rows[0]).toMatchObject({
      seq: auditSeq,
      action: 'provider:drill',
      after: { passed: false },
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

  it('is written down once for one request', async () => {
    const requestId = randomUUID();
    const { output } = await stack.ask('provider:drill', {}, { requestId });
    expect(await stack.ask('provider:drill', {}, { requestId })).toMatchObject({ repeated: true, output });
    expect(await past()).toMatchObject({ drills: [{}] });
  });

  it('counts for the check of the configuration when it has passed', async () => {
    expect(await ago()).toBeNull();
    results = [accepted, refused];
    await stack.ask('provider:drill', {});
    expect(await ago()).toBeNull();
    results = [accepted];
    await stack.ask('provider:drill', {});
    expect(await ago()).toBeLessThan(60_000);
  });
});
