import { describe, expect, it } from 'vitest';
import { documentOf, runOperators } from '../../../../test/builders/commandLine.ts';

const smtp = {
  without: [],
  provider: 'smtp',
  outcome: 'accepted',
  seconds: 0.4,
  evidence: 'answer',
  fault: null,
};
const listmonk = { ...smtp, without: ['smtp'], provider: 'listmonk', evidence: 'unproven' };
const refused = {
  ...smtp,
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
const drilled = { id: 'd1', at: '2026-11-22T09:58:00.000Z', passed: true, results: [smtp, listmonk] };

describe('the drill of an outage', () => {
  it('is played after a yes, and tells each provider in its order', async () => {
    const ran = await runOperators('providers drill email --to ops@books.example', {
      operations: { 'provider:drill': drilled },
      typed: ['y'],
    });
    expect(ran.code).toBe(0);
    expect(ran.asked).toMatchObject([{ name: 'provider:drill', input: { to: 'ops@books.example' } }]);
    expect(ran.out).toBe(
      [
        'Passed: mail goes out through every provider.',
        '',
        'As it is: mail goes through smtp: accepted after 0.4 s, by its answer.',
        'Without smtp: mail goes through listmonk: accepted after 0.4 s, and unproven: the answer may still be lost.',
        '',
      ].join('\n'),
    );
  });

  it('ends with 7 when a provider fails, and says what to do', async () => {
    const failed = { ...drilled, passed: false, results: [smtp, refused] };
    const ran = await runOperators('providers drill email --yes', {
      operations: { 'provider:drill': failed },
    });
    expect(ran.code).toBe(7);
    expect(ran.asked).toMatchObject([{ input: {} }]);
    expect(ran.out).toContain('Without smtp: mail goes through resend: refused.');
    expect(ran.out).toContain('→ Check RESEND_API_KEY.');
    const json = await runOperators('providers drill email --yes --json', {
      operations: { 'provider:drill': failed },
    });
    expect(json.code).toBe(7);
    expect(documentOf(json)).toMatchObject({ schema: 'fulfillment/providers-drill@1', passed: false });
  });

  it('is not played unless it is said what, and in a dry run', async () => {
    const nothing = await runOperators('providers drill', { operations: {} });
    expect(nothing).toMatchObject({ code: 2, asked: [] });
    const dry = await runOperators('providers drill email --dry-run', { operations: {} });
    expect(dry).toMatchObject({ code: 0, asked: [] });
  });

  it('is listed, the latest first, without asking anybody', async () => {
    const drills = [
      { ...drilled, by: 'auth0|anna', passed: false, results: [smtp, refused] },
      { ...drilled, by: 'auth0|bea' },
    ];
    const ran = await runOperators('providers drill --list', {
      operations: { 'provider:drills': { drills } },
    });
    expect(ran).toMatchObject({ code: 0, questions: [] });
    expect(ran.out).toMatch(/failed +auth0\|anna +resend refused\n.* passed +auth0\|bea +smtp, listmonk/);
    const none = await runOperators('providers drill --list', {
      operations: { 'provider:drills': { drills: [] } },
    });
    expect(none.out).toBe('There was no drill yet.\n');
  });
});
