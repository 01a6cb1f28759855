import type { Pool } from 'pg';
import { parseMail } from './mailParsing.ts';

export type IncomingMail = { mailFrom: string; recipients: string[]; raw: Buffer };

type Waiting = {
  row: unknown[];
  done: (uid: number) => void;
  failed: (error: unknown) => void;
};

export type MailWriter = {
  accept(mail: IncomingMail): Promise<number>;
  onAccepted(listener: () => void): () => void;
};

const mailsPerStatement = 50;

const columns =
  'message_id, rcpt, mail_from, size_bytes, subject, from_mailbox, to_mailboxes, cc_mailboxes, headers, attachment_count, snippet, raw';

/**
 * Writes mails one statement at a time, in order of arrival. Mails that arrive meanwhile share the next statement: one
 * flush to disk serves many, and uids become visible in rising order, as IMAP demands.
 */
export function createMailWriter(pool: Pool): MailWriter {
  const listeners = new Set<() => void>();
  let waiting: Waiting[] = [];
  let writing = false;

  async function drain(): Promise<void> {
    if (writing) return;
    writing = true;
    while (waiting.length > 0) {
      const group = waiting.slice(0, mailsPerStatement);
      waiting = waiting.slice(mailsPerStatement);
      // One after the other: the order of the statements is the order of the uids.
      await write(pool, group);
      for (const listener of listeners) listener();
    }
    writing = false;
  }

  return {
    accept: async (mail) => {
      const row = await toRow(mail);
      return new Promise<number>((done, failed) => {
        waiting.push({ row, done, failed });
        void drain();
      });
    },
    onAccepted: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

async function toRow({ mailFrom, recipients, raw }: IncomingMail): Promise<unknown[]> {
  const mail = await parseMail(raw);
  return [
    mail.messageId === null ? null : storable(mail.messageId),
    recipients.map(storable),
    storable(mailFrom),
    raw.length,
    storable(mail.subject),
    storableJson(mail.from),
    storableJson(mail.to),
    storableJson(mail.cc),
    mail.headers.map(storable),
    mail.parts.filter((part) => !part.inline).length,
    storable(mail.text.replace(/\s+/g, ' ').trim().slice(0, 250)),
    raw,
  ];
}

/** Postgres has no NUL in text and no half of a surrogate pair. */
function storable(text: string): string {
  return Buffer.from(text).toString('utf8').replaceAll('\0', '\uFFFD');
}

function storableJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? storable(part) : part));
}

async function write(pool: Pool, group: Waiting[]): Promise<void> {
  try {
    const uids = await insert(pool, group);
    group.forEach((mail, index) => mail.done(uids[index] ?? 0));
  } catch (error) {
    for (const mail of group) mail.failed(error);
  }
}

async function insert(pool: Pool, group: Waiting[]): Promise<number[]> {
  const values = group.flatMap((mail) => mail.row);
  const width = values.length / group.length;
  const rows = group.map(
    (_, row) => `(${Array.from({ length: width }, (_column, at) => `$${row * width + at + 1}`).join()})`,
  );
  const result = await pool.query<{ uid: string }>(
    `insert into inbox_sandbox.mails (${columns}) values ${rows.join()} returning uid`,
    values,
  );
  return result.rows.map((row) => Number(row.uid));
}
