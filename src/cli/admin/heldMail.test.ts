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
const rows = ['mail:release', 'mail:drop', 'mode:restore'].map((name) => ({
  name,
  reason: 'required' as const,
}));

describe('mail that is held', () => {
  it('is shown with what holds it, since when, how much, and what to do', async () => {
    const ran = await runOperators('mail status', {
      operations: { 'mail:show': closed },
      rows: [{ name: 'mail:show', kind: 'read' }],
    });
    expect(ran.code).toBe(0);
    expect(ran.out).toContain('All mail is held by the brake');
    expect(ran.out).toMatch(/held +812/);
    expect(ran.err).toContain('fulfillment mail release');
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
