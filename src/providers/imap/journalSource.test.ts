import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultOf } from '../../../test/contract/faultOf.ts';
import { startScriptedImap } from '../../../test/vendors/scriptedImap.ts';
import type { ScriptedImap } from '../../../test/vendors/scriptedImap.ts';
import { createJournalSource, type JournalSourceOptions } from './journalSource.ts';

const account = { user: 'journal', password: 'hunter2', mailbox: 'Sent receipts' };
const never = new AbortController().signal;
const now = new Date('2026-11-22T12:00:00Z');
const hash = '0123456789abcdef0123456789abcdef01234567';

let server: ScriptedImap;

const sourceOf = (options: Partial<JournalSourceOptions> = {}) =>
  createJournalSource({
    host: '127.0.0.1',
    port: server.port,
    secure: false,
    timeoutMs: 5_000,
    ...account,
    now: () => now,
    ...options,
  });

const receive = (headers: string, receivedAt = now) =>
  server.mails.push({ source: `${headers}\r\nTo: jan@example.pl\r\n\r\nDear Jan\r\n`, receivedAt });

beforeEach(async () => {
  server = await startScriptedImap(account);
});
afterEach(() => server.stop());

describe('a journal as a place of evidence', () => {
  it('proves each mail of which it has a copy', async () => {
    const arrived = new Date('2026-11-22T11:00:00Z');
    receive(`Message-ID: <${hash}@shop.example>`, arrived);
    const source = sourceOf();
    expect(source.name).toBe('journal');
    expect(await source.poll(null, never)).toEqual({
      evidence: [
        {
          provider: null,
          source: 'journal',
          eventId: hash,
          kind: 'accepted',
          messageId: `<${hash}@shop.example>`,
          at: arrived,
        },
      ],
      cursor: '1:1',
    });
    expect(await source.poll('1:1', never)).toEqual({ evidence: [], cursor: '1:1' });
  });

  it('fetches nothing of what buyers are written', async () => {
    receive(`Message-ID: <${hash}@shop.example>`);
    await sourceOf().poll(null, never);
    const fetched = server.commands.filter((command) => command.includes('FETCH'));
    expect(fetched).toHaveLength(1);
    expect(fetched[0]).toMatch(
      /UID FETCH 1 \(INTERNALDATE UID BODY\.PEEK\[HEADER\.FIELDS \(message-id\)\]\)$/i,
    );
    expect(server.commands.some((command) => command.includes('SELECT'))).toBe(false);
  });

  it.each([
    ['folded', `Message-Id:\r\n <${hash}@shop.example>`],
    ['in other letters', `MESSAGE-ID: <${hash}@Shop.Example>`],
  ])('reads a header that is %s', async (_how, header) => {
    receive(header);
    const { evidence } = await sourceOf().poll(null, never);
    expect(evidence).toMatchObject([{ messageId: `<${hash}@shop.example>` }]);
  });

  it('knows a mail by what stands before the @: the sender’s domain may have been another one', async () => {
    receive(`Message-ID: <${hash}@former.example>`);
    const { evidence } = await sourceOf().poll(null, never);
    expect(evidence).toMatchObject([{ eventId: hash, messageId: `<${hash}@former.example>` }]);
  });

  it.each([
    'Subject: no id',
    'Message-ID: ',
    'Message-ID: <1@elsewhere.example>',
    `Message-ID: <${hash}@shop.example> <${hash}@shop.example>`,
    `Message-ID: <${hash}@shop.example>\r\nMessage-ID: <2@shop.example>`,
    'Message-ID: <0100019ab3c4d5e6-0f1e2d3c-4b5a@email.amazonses.com>',
  ])('passes over a mail that is none of ours: %j', async (header) => {
    receive(header);
    expect(await sourceOf().poll(null, never)).toEqual({ evidence: [], cursor: '1:1' });
  });

  it('begins with the last days, and again when the mailbox is numbered anew', async () => {
    receive(`Message-ID: <${'a'.repeat(40)}@shop.example>`, new Date('2026-11-01T12:00:00Z'));
    receive(`Message-ID: <${hash}@shop.example>`);
    const before = await sourceOf().poll(null, never);
    expect(before.evidence.map(({ eventId }) => eventId)).toEqual([hash]);
    server.uidValidity = 9;
    expect(await sourceOf().poll(before.cursor, never)).toEqual({ ...before, cursor: '9:2' });
  });

  it('says when it cannot be read', async () => {
    expect(await faultOf(sourceOf({ mailbox: 'Nowhere' }).poll(null, never))).toMatchObject({
      kind: 'needs_human',
      reason: 'imap_mailbox_missing',
    });
  });
});
