import type { Pool, QueryResultRow } from 'pg';
import type { Mailbox } from './mailParsing.ts';
import { createMailWriter } from './mailWriter.ts';
import type { IncomingMail } from './mailWriter.ts';

export type MailSummary = {
  uid: number;
  messageId: string | null;
  /** Envelope recipients, as given in RCPT TO. */
  recipients: string[];
  mailFrom: string;
  receivedAt: Date;
  sizeBytes: number;
  subject: string;
  from: Mailbox | null;
  to: Mailbox[];
  cc: Mailbox[];
  attachmentCount: number;
  snippet: string;
};

export type StoredMail = MailSummary & { raw: Buffer };

/** Writes a condition on a mail and binds its values: `bind` returns the placeholder to write into the SQL. */
export type MailCondition = (bind: (value: unknown) => string) => string;

export const everyMail: MailCondition = () => 'true';

/** Text found anywhere in a column, whatever the case. */
export function contains(expression: string, placeholder: string): string {
  return `position(lower(${placeholder}) in lower(${expression})) > 0`;
}

export type MailStore = {
  /** Keeps a mail and resolves with its uid once it is committed. */
  accept(mail: IncomingMail): Promise<number>;
  /** Newest first. */
  page(query: {
    where: MailCondition;
    limit: number;
    start: number;
  }): Promise<{ total: number; mails: MailSummary[] }>;
  uids(where: MailCondition): Promise<number[]>;
  read(uids: number[]): Promise<StoredMail[]>;
  stats(): Promise<{ accepted: number; distinctMessageIds: number }>;
  /** Changes only when the store was emptied and uids start anew (IMAP's UIDVALIDITY). */
  uidValidity: number;
  onAccepted(listener: () => void): () => void;
};

const tables = `
select pg_advisory_xact_lock(hashtext('inbox_sandbox'));
create schema if not exists inbox_sandbox;
create table if not exists inbox_sandbox.mailbox (
  only_row boolean primary key default true check (only_row),
  uid_validity bigint not null default extract(epoch from now())::bigint
);
insert into inbox_sandbox.mailbox default values on conflict do nothing;
create table if not exists inbox_sandbox.mails (
  uid bigint generated always as identity primary key,
  message_id text,
  rcpt text[] not null,
  mail_from text not null,
  received_at timestamptz not null default now(),
  size_bytes integer not null,
  subject text not null,
  from_mailbox json,
  to_mailboxes json not null,
  cc_mailboxes json not null,
  headers text[] not null,
  attachment_count integer not null,
  snippet text not null,
  raw bytea not null
);
alter table inbox_sandbox.mails alter column raw set storage external;
create index if not exists mails_message_id on inbox_sandbox.mails (message_id);
`;

const summaryColumns = `uid::float8 as uid, message_id as "messageId", rcpt as recipients, mail_from as "mailFrom",
  received_at as "receivedAt", size_bytes as "sizeBytes", subject, from_mailbox as "from", to_mailboxes as "to",
  cc_mailboxes as "cc", attachment_count as "attachmentCount", snippet`;

/** The mails of the sandbox, in schema `inbox_sandbox`. It keeps everything it accepts and never drops a duplicate. */
export async function createMailStore(pool: Pool): Promise<MailStore> {
  // One simple query is one transaction, so the lock holds until the tables are there.
  await pool.query(tables);
  const mailbox = await pool.query<{ validity: number }>(
    'select uid_validity::int4 as validity from inbox_sandbox.mailbox',
  );
  const writer = createMailWriter(pool);
  return {
    accept: (mail) => writer.accept(mail),
    onAccepted: (listener) => writer.onAccepted(listener),
    uidValidity: mailbox.rows[0]?.validity ?? 1,
    page: (query) => readPage(pool, query),
    uids: async (where) => {
      const rows = await select<{ number: number }>(pool, 'uid::float8 as number', where, 'order by uid');
      return rows.map((row) => row.number);
    },
    read: async (uids) => {
      const wanted: MailCondition = (bind) => `uid = any(${bind(uids)})`;
      return select<StoredMail>(pool, `${summaryColumns}, raw`, wanted, 'order by mails.uid');
    },
    stats: async () => {
      const counted = await pool.query<{ accepted: number; distinctMessageIds: number }>(
        'select count(*)::int4 as accepted, count(distinct message_id)::int4 as "distinctMessageIds" from inbox_sandbox.mails',
      );
      return counted.rows[0] ?? { accepted: 0, distinctMessageIds: 0 };
    },
  };
}

async function readPage(pool: Pool, query: Parameters<MailStore['page']>[0]): ReturnType<MailStore['page']> {
  const [counted] = await select<{ total: number }>(pool, 'count(*)::int4 as total', query.where, '');
  const slice = `order by mails.uid desc limit ${Math.trunc(query.limit)} offset ${Math.trunc(query.start)}`;
  const mails = await select<MailSummary>(pool, summaryColumns, query.where, slice);
  return { total: counted?.total ?? 0, mails };
}

async function select<Row extends QueryResultRow>(
  pool: Pool,
  columns: string,
  where: MailCondition,
  ending: string,
): Promise<Row[]> {
  const values: unknown[] = [];
  const condition = where((value) => `$${values.push(value)}`);
  const result = await pool.query<Row>(
    `select ${columns} from inbox_sandbox.mails where ${condition} ${ending}`,
    values,
  );
  return result.rows;
}
