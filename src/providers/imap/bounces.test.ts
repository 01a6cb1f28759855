import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultOf } from '../../../test/contract/faultOf.ts';
import { notifications } from '../../../test/vendors/notifications.ts';
import { startScriptedImap } from '../../../test/vendors/scriptedImap.ts';
import type { ScriptedImap } from '../../../test/vendors/scriptedImap.ts';
import { createBounceMailbox, type BounceMailboxOptions } from './bounces.ts';

const account = { user: 'bounces', password: 'hunter2', mailbox: 'INBOX' };
const never = new AbortController().signal;
const now = new Date('2026-11-22T12:00:00Z');
const dayMs = 24 * 3_600_000;

const messageIdOf = (n: number) => `<${String(n).padStart(40, '0')}@shop.example>`;
const bounceOf = (n: number) =>
  notifications.Postfix({ messageId: messageIdOf(n), ownId: `<bounce-${n}@mail.shop.example>` });

let server: ScriptedImap;

const sourceOf = (options: Partial<BounceMailboxOptions> = {}) =>
  createBounceMailbox({
    host: '127.0.0.1',
    port: server.port,
    secure: false,
    timeoutMs: 5_000,
    ...account,
    now: () => now,
    ...options,
  });

const receive = (source: string, receivedAt = now) => server.mails.push({ source, receivedAt });
const fetches = () => server.commands.filter((command) => command.includes('UID FETCH'));

beforeEach(async () => {
  server = await startScriptedImap(account);
});
afterEach(() => server.stop());

describe('a mailbox of bounces', () => {
  it('tells of each mail that came back once, with nothing of a person in it', async () => {
    const arrived = new Date('2026-11-22T10:00:02Z');
    receive(bounceOf(1), arrived);
    const source = sourceOf();
    expect(source.name).toBe('bounce_mailbox');
    const first = await source.poll(null, never);
    expect(first).toEqual({
      evidence: [
        {
          provider: null,
          source: 'bounce_mailbox',
          eventId: '<bounce-1@mail.shop.example>',
          kind: 'bounced',
          messageId: messageIdOf(1),
          at: arrived,
          bounce: { permanence: 'hard', cause: 'address', status: '5.1.1' },
        },
      ],
      cursor: '1:1',
    });
    expect(JSON.stringify(first)).not.toContain('jan@');
    expect(await source.poll(first.cursor, never)).toEqual({ evidence: [], cursor: '1:1' });
    receive(bounceOf(2));
    expect(await source.poll(first.cursor, never)).toMatchObject({
      evidence: [{ messageId: messageIdOf(2) }],
      cursor: '1:2',
    });
  });

  it('only looks, and reads of a mail no more than tells what it is', async () => {
    receive(`${bounceOf(1)}${'x'.repeat(1_000_000)}`);
    expect((await sourceOf().poll(null, never)).evidence).toHaveLength(1);
    expect(server.commands.some((command) => command.includes('EXAMINE'))).toBe(true);
    expect(server.commands.filter((command) => /SELECT|STORE|COPY|EXPUNGE|BODY\[/.test(command))).toEqual([]);
    expect(fetches()).toHaveLength(1);
    expect(fetches()[0]).toContain('BODY.PEEK[]<0.262144>');
  });

  it('passes over what is no notification, and goes on behind it', async () => {
    receive('Subject: Where is my book?\r\n\r\nHello\r\n');
    receive('Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nbroken');
    receive('');
    receive(notifications.Gmail({ messageId: '<somebody@elsewhere.example>' }));
    receive(bounceOf(5));
    const page = await sourceOf().poll(null, never);
    expect(page.evidence.map(({ messageId }) => messageId)).toEqual([messageIdOf(5)]);
    expect(page.cursor).toBe('1:5');
  });

  it('gives a page of fifty mails at a time, in order', async () => {
    for (let n = 1; n <= 120; n += 1) receive(bounceOf(n));
    const source = sourceOf();
    const sizes: number[] = [];
    const told: Array<string | undefined> = [];
    let cursor: string | null = null;
    for (let page = 0; page < 4; page += 1) {
      const read = await source.poll(cursor, never);
      sizes.push(read.evidence.length);
      told.push(...read.evidence.map(({ messageId }) => messageId));
      cursor = read.cursor;
    }
    expect(sizes).toEqual([50, 50, 20, 0]);
    expect(told).toEqual(Array.from({ length: 120 }, (_, i) => messageIdOf(i + 1)));
  });

  it('begins with what arrived lately', async () => {
    receive(bounceOf(1), new Date(now.getTime() - 30 * dayMs));
    receive(bounceOf(2), new Date(now.getTime() - 5 * dayMs));
    const page = await sourceOf().poll(null, never);
    expect(page.evidence.map(({ messageId }) => messageId)).toEqual([messageIdOf(2)]);
    expect((await sourceOf({ lookBackMs: dayMs }).poll(null, never)).evidence).toEqual([]);
  });

  it.each(['2:40', 'nonsense', '', '1:', '1:-3', '1:1:1'])(
    'begins anew with the cursor %j, which is of another mailbox or none',
    async (cursor) => {
      receive(bounceOf(1));
      expect(await sourceOf().poll(cursor, never)).toMatchObject({
        evidence: [{ messageId: messageIdOf(1) }],
        cursor: '1:1',
      });
    },
  );

  it('begins anew when the server has numbered its mails anew, and says the same of the same', async () => {
    receive(bounceOf(1));
    receive(bounceOf(2));
    const before = await sourceOf().poll(null, never);
    server.uidValidity = 77;
    server.mails.reverse();
    const after = await sourceOf().poll(before.cursor, never);
    expect(after.cursor).toBe('77:2');
    expect(after.evidence.toReversed()).toEqual(before.evidence);
  });

  it('names a notification without a Message-ID by what it holds', async () => {
    const nameless = bounceOf(1).replace(/^Message-Id:.*\r\n/m, '');
    receive(nameless);
    receive(nameless);
    receive(nameless.replace('unknown', 'not known'));
    const { evidence } = await sourceOf().poll(null, never);
    const [first, second, third] = evidence.map(({ eventId }) => eventId);
    expect(first).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('says nothing of the buyer’s mail when a copy comes back', async () => {
    const recipient = 'Journal@shop.example';
    receive(notifications.Postfix({ messageId: messageIdOf(1), recipient }));
    expect((await sourceOf({ copyAddresses: ['journal@SHOP.example'] }).poll(null, never)).evidence).toEqual(
      [],
    );
    expect((await sourceOf().poll(null, never)).evidence).toHaveLength(1);
  });
});

describe('a mailbox of bounces that cannot be read', () => {
  it('says that its login is refused', async () => {
    const fault = await faultOf(sourceOf({ password: 'swordfish' }).poll(null, never));
    expect(fault).toMatchObject({ kind: 'needs_human', reason: 'imap_credentials' });
    expect(fault.message).not.toContain('swordfish');
  });

  it.each(['EXAMINE', 'UID SEARCH', 'UID FETCH'])(
    'ends at its deadline when silent at %s',
    async (command) => {
      receive(bounceOf(1));
      server.hangAt(command);
      expect(await faultOf(sourceOf({ timeoutMs: 100 }).poll(null, never))).toMatchObject({
        kind: 'transient',
        reason: 'imap_timeout',
      });
    },
  );

  it('stops when called off', async () => {
    expect(await faultOf(sourceOf().poll(null, AbortSignal.abort()))).toMatchObject({ reason: 'aborted' });
  });
});
