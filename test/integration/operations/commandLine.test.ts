import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operationRows } from '../../../src/main/operationRows.ts';
import { listOperations, operationStores, type OperationRules } from '../../../src/main/operationList.ts';
import { wireOperations, type WiredOperations } from '../../../src/main/wireOperations.ts';
import type { DrillResult } from '../../../src/ports/mailDrill.ts';
import { createAuditLog } from '../../../src/store/audit/auditLog.ts';
import { buildConfig } from '../../builders/config.ts';
import { commandDoors, type Door } from '../../builders/commandDoors.ts';
import { documentOf, problemOf } from '../../builders/commandLine.ts';
import { aBook, startFulfilStack } from '../../builders/fulfilStack.ts';
import { createMemoryMailer } from '../../fakes/memoryMailer.ts';

const rules: OperationRules = {
  stripe: { secretKey: 'sk_test_x', webhookSecrets: [], livemode: false, baseUrl: null },
  startDate: new Date('2020-01-01'),
  catchUp: { intervalMs: 60_000, callsPerSecond: 5 },
  moneyRules: { partialRefunds: 'ask', openDisputes: 'suspend' },
  mode: 'live',
  receiptSeriesPrefix: 'R',
  creditNoteSeriesPrefix: 'C',
  slaSeconds: 300,
  waitForSessionMs: 0,
  defaultLanguage: 'en',
  auditAnchorFile: null,
  mail: buildConfig().mail,
  plausible: null,
  posthog: null,
};

/** Of a drill in which the second provider has failed. */
const drillResults: DrillResult[] = [
  { without: [], provider: 'smtp', outcome: 'accepted', seconds: 0.4, evidence: 'answer', fault: null },
  {
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
  },
];

type Stack = Awaited<ReturnType<typeof startFulfilStack>>;
let stack: Stack;
let wired: WiredOperations;
let bought: { jobId: string; orderId: string };
const doors = (role?: Parameters<typeof commandDoors>[0]['role'], subject?: string) =>
  commandDoors({
    operations: wired.operations,
    ...(role === undefined ? {} : { role }),
    ...(subject === undefined ? {} : { subject }),
  });

beforeAll(async () => {
  stack = await startFulfilStack();
  const pool = stack.poolAs('fulfillment_operations', 4);
  wired = wireOperations({
    pool,
    telemetry: { emit: () => undefined },
    worker: undefined,
    list: listOperations(operationStores(pool, rules), rules, {
      lastsMaxMs: 60_000,
      run: async () => drillResults,
    }),
  });
  await stack.importBooks(aBook('calm-checkout', 'price_1'));
  const worker = stack.startFulfilling({ mailer: createMemoryMailer() });
  bought = await worker.buy({
    checkout: {
      buyer: {
        email: 'anna.kowalska@example.com',
        name: 'Anna Kowalska',
        company: null,
        taxIds: [],
        address: null,
        locale: 'pl',
      },
    },
  });
  await stack.untilOver(bought.jobId);
  await stack.stopWorkers();
});
afterAll(async () => {
  await wired.stop();
  await stack.stop();
});

const both: Door[] = ['api', 'direct'];
const auditOf = async (requestId: string) =>
  (await createAuditLog(stack.poolAs('fulfillment_operations', 1)).list({ requestId }, { limit: 10 })).rows;

describe.each(both)('everything there is to look at, by the door %s', (door) => {
  it.each([
    'status',
    'orders search',
    'orders search -status:failed created:<1d',
    'failures list',
    'webhooks list',
    'providers list',
    'providers drill --list',
    'alerts list --state all',
    'audit list',
    'audit verify',
    'staff list',
    'whoami',
    ...(operationRows().some(({ name }) => name === 'bulk:list') ? ['bulk list'] : []),
  ])('is shown, to people and as a document: %s', async (line) => {
    const people = await doors().run(door, line);
    const programs = await doors().run(door, `${line} --json`);
    expect(people.code).toBe(programs.code);
    // Whether a worker was seen lately is told as it is.
    if (line !== 'status') expect(people.code).toBe(0);
    expect(people.out).not.toBe('');
    expect(people.out.split('\n').every((text) => text.length <= 80)).toBe(true);
    expect(documentOf(programs)['schema']).toBe(
      `fulfillment/${line.split(/ [-c]/)[0]?.replaceAll(' ', '-')}@1`,
    );
    expect(programs.err).toBe('');
  });

  it('the order by anything that names it, its verdict first', async () => {
    const ran = await doors().run(door, `orders show ${bought.orderId} --attempts --events`);
    expect(ran.code).toBe(0);
    expect(ran.out).toContain(bought.jobId);
    expect(ran.out).toContain('✓ email');
    expect(ran.out).not.toContain('anna.kowalska@example.com');
    const document = documentOf(await doors().run(door, `orders show ${bought.jobId} --json`));
    expect(ran.out.startsWith(String(document['verdict']).slice(0, 30))).toBe(true);
  });

  it('nothing, and it ends with 3, or 2 for what is no query', async () => {
    const none = await doors().run(door, 'orders show R-2026/999999 --json');
    expect(none.code).toBe(3);
    expect(problemOf(none)).toMatchObject({ kind: 'not_found', exitCode: 3 });
    const query = await doors().run(door, 'orders search statsu:failed');
    expect(query.code).toBe(2);
    expect(query.err).toContain('status');
  });

  it('a field of the buyer for a reason, and the audit has both', async () => {
    const words = ['orders', 'reveal', bought.orderId, '--reason', `ticket by ${door}`];
    const ran = await doors().run(door, words);
    expect(ran).toMatchObject({ code: 0, out: 'anna.kowalska@example.com\n' });
    const audited = await doors().run(door, 'audit list --action buyer:reveal --json');
    expect(audited.out).toContain(`ticket by ${door}`);
    expect(audited.out).not.toContain('anna.kowalska');
    expect(await doors().run(door, `orders reveal ${bought.orderId}`)).toMatchObject({ code: 2, out: '' });
  });

  it('an export, as CSV and as lines', async () => {
    const reason = ['--reason', 'closing'];
    const csv = await doors().run(door, ['orders', 'export', 'created:<1d', '--format', 'csv', ...reason]);
    expect(csv.code).toBe(0);
    expect(csv.out).toContain(bought.orderId);
    const lines = await doors().run(door, ['audit', 'export', '--since', '1d']);
    const rows = lines.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { action: string });
    expect(rows.some(({ action }) => action === 'orders:export')).toBe(true);
  });
});

describe('a change', () => {
  it('leaves the same row of audit whichever door it came by', async () => {
    const rows = [];
    for (const door of both) {
      const requestId = `extend-by-${door}`;
      const words = [
        'orders',
        'extend-downloads',
        bought.orderId,
        '--days',
        '9',
        '--yes',
        '--reason',
        'asked for it',
      ];
      const ran = await doors().run(door, [...words, '--request-id', requestId]);
      expect(ran).toMatchObject({ code: 0, out: expect.stringContaining('links of') });
      const [row, ...more] = await auditOf(requestId);
      expect(more).toEqual([]);
      const {
        seq: _seq,
        at: _at,
        hash: _hash,
        prevHash: _prev,
        requestId: _id,
        before: _before,
        after: _after,
        details: _details,
        ...rest
      } = row!;
      rows.push(rest);
    }
    expect(rows[0]).toEqual(rows[1]);
    expect(rows[0]).toMatchObject({
      actor: 'auth0|anna',
      channel: 'cli',
      action: 'downloads:extend',
      result: 'done',
    });
  });

  it('whose answer is lost is done once, and answered', async () => {
    const door = doors();
    door.losing.push('connection_lost');
    // The look that comes first is repeated as well.
    const words = ['webhooks', 'list', '--json'];
    expect((await door.run('api', words)).code).toBe(0);
    const requestId = 'lost-once';
    const pause = [
      'providers',
      'pause',
      'storage',
      '--ttl',
      '5m',
      '--reason',
      'moving',
      '--confirm=storage',
      '--json',
    ];
    door.losing.push('timeout');
    const ran = await door.run('api', [...pause, '--request-id', requestId]);
    expect(documentOf(ran)).toMatchObject({ provider: 'storage', repeated: true });
    expect(await auditOf(requestId)).toHaveLength(1);
    const resumed = await door.run('direct', 'providers resume storage --yes');
    expect(resumed.code).toBe(0);
  });

  it('is refused to whoever may not, by both doors, and leaves that in the audit', async () => {
    for (const door of both) {
      const subject = `auth0|viewer-${door}`;
      const words = `orders extend-downloads ${bought.orderId} --yes --json`;
      const ran = await doors('ops_viewer', subject).run(door, words);
      expect(ran).toMatchObject({ code: 4, out: '' });
      expect(problemOf(ran)).toMatchObject({ kind: 'not_allowed', code: 'not_allowed' });
      const audited = await doors().run(door, [
        'audit',
        'list',
        '--actor',
        subject,
        '--result',
        'refused',
        '--json',
      ]);
      expect(audited.out).toContain('downloads:extend');
    }
  });

  it('decided on a version that has gone ends with 5 and what has happened since', async () => {
    for (const door of both) {
      const ran = await doors().run(door, `orders extend-downloads ${bought.orderId} --version 1 --yes`);
      expect(ran.code).toBe(5);
      expect(ran.err).toContain('downloads.extended by staff:auth0|anna');
    }
  });

  it('that makes no sense now ends with 1 and says what would', async () => {
    const ran = await doors().run('api', `orders retry ${bought.orderId} --yes`);
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toContain('resend the receipt');
  });
});

it('an agent with a misspelt address and a rough date finds the order and resends the receipt in two commands', async () => {
  const today = new Date().toISOString().slice(0, 10);
  const found = await doors('ops_editor').run(
    'api',
    `orders search ana.kowalska@exmaple.com created:${today}`,
  );
  expect(found.code).toBe(0);
  const [, next = ''] = /fulfillment orders show (\S+)/.exec(found.err) ?? [];
  expect(next).toBe(bought.orderId);
  const resent = await doors('ops_editor').run('api', `orders resend-receipt ${next} --yes --json`);
  expect(resent.code).toBe(0);
  const worker = stack.startFulfilling({ mailer: createMemoryMailer(), askedMails: true });
  const { mailJobId } = documentOf(resent) as { mailJobId: string };
  expect((await stack.untilOver(mailJobId)).state).toBe('completed');
  expect(worker).toBeDefined();
  await stack.stopWorkers();
});

it('every next action that an order suggests is a line that the command line understands', async () => {
  const { nextActions } = documentOf(await doors().run('direct', `orders show ${bought.orderId} --json`)) as {
    nextActions: Array<{ cli: string; operation: string }>;
  };
  expect(nextActions.length).toBeGreaterThan(3);
  for (const { cli } of nextActions) {
    const words = (cli.match(/"[^"]*"|\S+/g) ?? []).slice(1).map((word) => word.replaceAll('"', ''));
    const ran = await doors().run('direct', [...words, ...(words[1] === 'reveal' ? [] : ['--dry-run'])]);
    expect(`${cli} ends with ${ran.code}: ${ran.code === 0 ? '' : ran.err}`).toBe(`${cli} ends with 0: `);
  }
});
