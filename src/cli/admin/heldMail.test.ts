import { describe, expect, it } from 'vitest';
import { runOperators } from '../../../test/builders/commandLine.ts';

const closed = {
  mode: 'live',
  gate: 'closed',
  why: 'brake',
  since: '2026-11-22T09:30:00.000Z',
  changedBy: 'brake',
  held: 812,
  oldestHeldAt: '2026-11-22T09:30:01.000Z',
  found: 0,
  counted: { mails: 5001, past: 0 },
};
const delivery = {
  at: '2026-11-22T10:00:00.000Z',
  lastDay: { none: 812, unproven: 3, accepted: 40, delayed: 0, delivered: 1200, bounced: 2, complained: 1 },
  unproven: { mails: 3, afterMinutes: 30, oldestAt: '2026-11-22T09:00:00.000Z' },
  unheard: { mails: 4, oldestAt: '2026-11-22T09:10:00.000Z' },
  reports: [
    {
      provider: 'novu',
      expectedSince: '2026-11-20T00:00:00.000Z',
      lastReportAt: null,
      awaiting: 0,
      silent: false,
    },
    {
      provider: 'resend',
      expectedSince: '2026-11-20T00:00:00.000Z',
      lastReportAt: '2026-11-22T07:30:00.000Z',
      awaiting: 4,
      silent: true,
    },
  ],
  parked: 0,
  sources: [
    { name: 'bounces', polledAt: '2026-11-22T09:59:30.000Z', failure: null, failingSince: null },
    {
      name: 'journal',
      polledAt: '2026-11-22T08:00:00.000Z',
      failure: 'mailbox_unavailable',
      failingSince: '2026-11-22T08:01:00.000Z',
    },
  ],
};
const rows = ['mail:release', 'mail:drop', 'mode:restore'].map((name) => ({
  name,
  reason: 'required' as const,
}));

describe('mail that is held', () => {
  it('is shown with what holds it, since when, how much, and what to do', async () => {
    const ran = await runOperators('mail status', {
      operations: { 'mail:show': closed, 'mail:status': delivery },
      rows: [
        { name: 'mail:show', kind: 'read' },
        { name: 'mail:status', kind: 'read' },
      ],
    });
    expect(ran.code).toBe(0);
    expect(ran.out).toContain('All mail is held by the brake');
    expect(ran.out).toMatch(/held +812/);
    expect(ran.err).toContain('fulfillment mail release');
    // And what became of the mails that were sent.
    expect(ran.out).toMatch(/delivered +1200/);
    expect(ran.out).toMatch(/bounced +2/);
    expect(ran.out).toMatch(/unproven +3.*\n.*oldest/s);
    expect(ran.out).toMatch(/journal +failing since .*mailbox_unavailable/);
    expect(ran.out).toMatch(/bounces +read 2026-11-22 09:59/);
    expect(ran.out).toMatch(/NO DELIVERY EVENT AFTER 30 MIN\n.*mails +4/);
    expect(ran.out).toMatch(/LAST REPORT\n.*novu +none has come yet\n.*resend +2026-11-22 07:30.*silent/);
    expect(ran.out).not.toMatch(/delayed/);
  });

  it('goes out only after its word was typed', async () => {
    const operations = { 'mail:release': { mails: 812, gate: 'open', overSeconds: 40 } };
    const words = ['mail', 'release', '--reason', 'a campaign'];
    const refused = await runOperators(words, { operations, rows, typed: ['yes'] });
    expect(refused.asked).toEqual([]);
    const done = await runOperators(words, { operations, rows, typed: ['release'] });
    expect(done.out).toBe('812 mails go out within 40 s; the gate is open.\n');
  });

  it('is held after a restore, with the numbers of receipts raised', async () => {
    const raised = [{ series: 'R-2026', from: 90, to: 123 }];
    const operations = { 'mode:restore': { ...closed, why: 'restore', counted: null, raised } };
    const words = [
      'restore-mode',
      'on',
      '--receipts-issued-to',
      'R-2026/000123',
      '--reason',
      'restored',
      '--yes',
    ];
    const ran = await runOperators(words, { operations, rows });
    expect(ran.asked).toMatchObject([
      { name: 'mode:restore', input: { mode: 'on', receiptsIssuedTo: 'R-2026/000123' } },
    ]);
    expect(ran.out).toContain('R-2026 goes on after 123 (was 90).');
  });
});
