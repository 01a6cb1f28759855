import { describe, expect, it } from 'vitest';
import { createMemoryMailer, type MemoryMailer } from '../../test/fakes/memoryMailer.ts';
import { createManualClock } from '../../test/fakes/manualClock.ts';
import { createOutageDrill, type OutageDrillOptions } from './outageDrill.ts';

const to = 'drill@books.example';

function drillOf(mailers: MemoryMailer[], options: Partial<OutageDrillOptions> = {}) {
  let closed = 0;
  let sent = 0;
  const drill = createOutageDrill({
    open: () => ({ mailers, close: () => void (closed += 1) }),
    from: { name: 'Books & Co', address: 'receipts@books.example' },
    clock: createManualClock(),
    random: { bytes: (length) => new Uint8Array(length).fill((sent += 1)) },
    remedyOf: (provider) => `Look at ${provider}.`,
    proverOf: ({ name }) => `Prove ${name}.`,
    hearing: { heardOf: () => expect.fail('no news are awaited') },
    timeoutMs: 50,
    lookForMs: 50,
    ...options,
  });
  return { run: (paused: string[] = []) => drill.run({ to, paused }), closed: () => closed };
}

const textOf = (mailer: MemoryMailer) => Buffer.from(mailer.taken[0]?.bytes ?? []).toString();

describe('the drill of an outage', () => {
  it('sends one mail through each provider, as if those before it were out', async () => {
    const [smtp, resend] = [createMemoryMailer({ name: 'smtp' }), createMemoryMailer({ name: 'resend' })];
    const { run, closed } = drillOf([smtp, resend]);
    expect(await run()).toEqual([
      { without: [], provider: 'smtp', outcome: 'accepted', seconds: 0, evidence: 'answer', fault: null },
      {
        without: ['smtp'],
        provider: 'resend',
        outcome: 'accepted',
        seconds: 0,
        evidence: 'answer',
        fault: null,
      },
    ]);
    expect(smtp.taken).toMatchObject([{ from: 'receipts@books.example', to }]);
    expect(resend.taken).toHaveLength(1);
    expect(textOf(resend)).toContain('went through resend');
    // Each is a logical mail of its own, with an id of the form that keys against doubles are made of.
    expect(resend.taken[0]?.messageId).toMatch(/^<[0-9a-f]{40}@books\.example>$/);
    expect(resend.taken[0]?.messageId).not.toBe(smtp.taken[0]?.messageId);
    expect(closed()).toBe(1);
  });

  it('tells a provider that fails with its reason and a remedy, and goes on with the others', async () => {
    const [smtp, resend] = [createMemoryMailer({ name: 'smtp' }), createMemoryMailer({ name: 'resend' })];
    smtp.otherwise({
      then: 'refuse',
      fault: { kind: 'needs_human', reason: 'smtp_credentials', message: 'SMTP refuses our login.' },
    });
    const { run, closed } = drillOf([smtp, resend]);
    expect(await run()).toMatchObject([
      {
        outcome: 'refused',
        seconds: null,
        evidence: null,
        fault: { reason: 'smtp_credentials', message: 'SMTP refuses our login.', remedy: 'Look at smtp.' },
      },
      { provider: 'resend', outcome: 'accepted' },
    ]);
    expect(closed()).toBe(1);
  });

  it('waits no longer than its time for an answer, and calls the outcome unknown', async () => {
    const smtp = createMemoryMailer({ name: 'smtp', lookup: 'none' });
    smtp.otherwise({ then: 'take_and_hang' });
    expect(await drillOf([smtp]).run()).toMatchObject([{ outcome: 'unknown', seconds: null }]);
  });

  it('leaves a provider alone that staff has paused, and says so', async () => {
    const [smtp, resend] = [createMemoryMailer({ name: 'smtp' }), createMemoryMailer({ name: 'resend' })];
    expect(await drillOf([smtp, resend]).run(['resend'])).toMatchObject([
      { outcome: 'accepted' },
      { provider: 'resend', outcome: 'paused', fault: { reason: 'provider_paused' } },
    ]);
    expect(resend.attempts).toEqual([]);
  });

  it('says of a mail that may still be lost that it was taken, and not proven, where nothing can show it', async () => {
    const blind = createMemoryMailer({ name: 'listmonk', acceptanceDurable: false, lookup: 'none' });
    expect(await drillOf([blind]).run()).toEqual([
      {
        without: [],
        provider: 'listmonk',
        outcome: 'taken_unproven',
        seconds: 0,
        evidence: null,
        fault: {
          reason: 'mail_unproven',
          message:
            'listmonk said yes, and may still lose the mail: nothing is configured that could show it.',
          remedy: 'Prove listmonk.',
        },
      },
    ]);
  });

  it('looks for a mail that may still be lost, and says when it was not found in time', async () => {
    const journaled = createMemoryMailer({ name: 'listmonk', acceptanceDurable: false });
    expect(await drillOf([journaled]).run()).toMatchObject([{ outcome: 'accepted', evidence: 'journal' }]);

    const silent = createMemoryMailer({ name: 'listmonk', acceptanceDurable: false });
    silent.find = async () => undefined;
    expect(await drillOf([silent]).run()).toMatchObject([
      {
        outcome: 'taken_unproven',
        fault: { message: expect.stringContaining('nothing has shown it within 0.05 s') },
      },
    ]);

    const late = createMemoryMailer({ name: 'listmonk', acceptanceDurable: false });
    const clock = createManualClock();
    const find = late.find?.bind(late);
    let looks = 0;
    late.find = async (messageId, signal) => ((looks += 1) > 2 ? find?.(messageId, signal) : undefined);
    const drilled = drillOf([late], { clock, lookForMs: 5_000, lookEveryMs: 1_000 }).run();
    while (looks < 3) {
      await new Promise((resolve) => setImmediate(resolve));
      if (clock.sleeping() > 0) await clock.advance(1_000);
    }
    expect(await drilled).toMatchObject([{ evidence: 'journal' }]);
  });

  it('awaits the news of a provider that tells all, and is not content with finding the mail there', async () => {
    const novu = () => createMemoryMailer({ name: 'novu', acceptanceDurable: false, deliveryEvents: 'all' });
    const heard = (told: 'taken' | 'came_back' | undefined) =>
      drillOf([novu()], { hearing: { heardOf: async () => told } }).run();
    expect(await heard('taken')).toMatchObject([{ outcome: 'accepted', evidence: 'report' }]);
    expect(await heard(undefined)).toMatchObject([{ outcome: 'taken_unproven', evidence: null }]);
    expect(await heard('came_back')).toMatchObject([
      { outcome: 'refused', seconds: null, fault: { reason: 'mail_came_back', remedy: 'Look at novu.' } },
    ]);
  });

  it('looks for a mail whose answer was lost: found it is accepted, and else of unknown outcome', async () => {
    const taken = createMemoryMailer({ name: 'smtp' });
    taken.otherwise({ then: 'lose_answer', taken: true });
    expect(await drillOf([taken]).run()).toMatchObject([
      { outcome: 'accepted', evidence: 'journal', seconds: null, fault: null },
    ]);
    const gone = createMemoryMailer({ name: 'smtp' });
    gone.otherwise({ then: 'lose_answer', taken: false });
    expect(await drillOf([gone]).run()).toMatchObject([
      { outcome: 'unknown', evidence: null, fault: { reason: 'answer_lost', remedy: 'Look at smtp.' } },
    ]);
  });
});
