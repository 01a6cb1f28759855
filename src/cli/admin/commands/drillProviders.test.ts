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
const resend = { ...smtp, without: ['smtp'], provider: 'resend', evidence: 'journal' };
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
const unproven = {
  ...smtp,
  without: ['smtp'],
  provider: 'listmonk',
  outcome: 'taken_unproven',
  evidence: null,
  fault: {
    reason: 'mail_unproven',
    message: 'listmonk said yes, and may still lose the mail: nothing is configured that could show it.',
    remedy: 'Give a journal: JOURNAL_ADDRESS and JOURNAL_IMAP_*.',
  },
};
const drilled = {
  id: 'd1',
  at: '2026-11-22T09:58:00.000Z',
  passed: true,
  verdict: 'passed',
  results: [smtp, resend],
};

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
        'Passed: every provider certainly has its mail.',
        '',
        'As it is: mail goes through smtp: accepted after 0.4 s, by an answer that lasts.',
        'Without smtp: mail goes through resend: accepted after 0.4 s, and found again.',
        '',
      ].join('\n'),
    );
  });

  it('ends with 7 when a provider fails, and says what to do', async () => {
    const failed = { ...drilled, passed: false, verdict: 'failed', results: [smtp, refused] };
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

  it('has not passed when a mail was taken without proof: it says what would prove it, and ends with 7', async () => {
    const ran = await runOperators('providers drill email --yes', {
      operations: {
        'provider:drill': { ...drilled, passed: false, verdict: 'unproven', results: [smtp, unproven] },
      },
    });
    expect(ran.code).toBe(7);
    expect(ran.out).not.toContain('Passed');
    expect(ran.out).toContain('Not passed: nothing failed, but not every provider is proven');
    expect(ran.out).toContain('through listmonk: taken after 0.4 s, and not proven.');
    expect(ran.out).toContain('→ Give a journal: JOURNAL_ADDRESS and JOURNAL_IMAP_*.');
  });

  it('is not played unless it is said what, and in a dry run', async () => {
    const nothing = await runOperators('providers drill', { operations: {} });
    expect(nothing).toMatchObject({ code: 2, asked: [] });
    const dry = await runOperators('providers drill email --dry-run', { operations: {} });
    expect(dry).toMatchObject({ code: 0, asked: [] });
  });

  it('is listed, the latest first, without asking anybody', async () => {
    const drills = [
      { ...drilled, by: 'auth0|zoe', passed: false, verdict: 'not_finished', results: [] },
      { ...drilled, by: 'auth0|kim', passed: false, verdict: 'unproven', results: [smtp, unproven] },
      { ...drilled, by: 'auth0|anna', passed: false, verdict: 'failed', results: [smtp, refused] },
      { ...drilled, by: 'auth0|bea' },
    ];
    const ran = await runOperators('providers drill --list', {
      operations: { 'provider:drills': { drills } },
    });
    expect(ran).toMatchObject({ code: 0, questions: [] });
    expect(ran.out).toMatch(
      /not finished +auth0\|zoe *\n.* unproven +auth0\|kim +listmonk unproven\n.* failed +auth0\|anna +resend refused\n.* passed +auth0\|bea +smtp, resend/,
    );
    const none = await runOperators('providers drill --list', {
      operations: { 'provider:drills': { drills: [] } },
    });
    expect(none.out).toBe('There was no drill yet.\n');
  });
});
