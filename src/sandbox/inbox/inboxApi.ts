import type { FastifyInstance, FastifyReply } from 'fastify';
import type { InboxWebsiteOptions } from './inboxWebsiteOptions.ts';
import { parseMail } from './mailParsing.ts';
import type { Mailbox, MailPart } from './mailParsing.ts';
import { parseMailSearch } from './mailSearch.ts';
import { everyMail } from './mailStore.ts';
import type { MailCondition, MailStore, MailSummary, StoredMail } from './mailStore.ts';
import { smtpFaultModes } from './smtpFaults.ts';
import type { SmtpFault } from './smtpFaults.ts';

type PageQuery = { limit: number; start: number; query?: string };

const pageSchema = {
  type: 'object',
  properties: {
    limit: { type: 'integer', minimum: 0, maximum: 1000, default: 50 },
    start: { type: 'integer', minimum: 0, default: 0 },
    query: { type: 'string', maxLength: 1000 },
  },
};

export const uidSchema = {
  type: 'object',
  properties: { uid: { type: 'integer', minimum: 1 }, part: { type: 'integer', minimum: 1 } },
};

const faultSchema = {
  type: 'object',
  required: ['mode'],
  additionalProperties: false,
  properties: {
    mode: { enum: smtpFaultModes },
    remaining: { type: 'integer', minimum: 0 },
    recipient: { type: 'string', minLength: 1 },
  },
};

/** JSON in the manner of Mailpit's published API, so that its clients work; read-only apart from the faults. */
export function addInboxApi(app: FastifyInstance, { store, faults }: InboxWebsiteOptions): void {
  app.get<{ Querystring: PageQuery }>(
    '/api/v1/messages',
    { schema: { querystring: pageSchema } },
    (request) => listMessages(store, everyMail, request.query),
  );
  app.get<{ Querystring: PageQuery }>('/api/v1/search', { schema: { querystring: pageSchema } }, (request) =>
    listMessages(store, parseMailSearch(request.query.query ?? ''), request.query),
  );
  app.get<{ Params: { uid: number } }>(
    '/api/v1/message/:uid',
    { schema: { params: uidSchema } },
    async (request, reply) => {
      const mail = await findMail(store, request.params.uid);
      return mail ? describeMessage(mail) : notFound(reply);
    },
  );
  app.get<{ Params: { uid: number } }>(
    '/api/v1/message/:uid/raw',
    { schema: { params: uidSchema } },
    async (request, reply) => {
      const mail = await findMail(store, request.params.uid);
      return mail ? sendRaw(reply, mail) : notFound(reply);
    },
  );
  app.get<{ Params: { uid: number; part: number } }>(
    '/api/v1/message/:uid/part/:part',
    { schema: { params: uidSchema } },
    async (request, reply) => {
      const part = await findPart(store, request.params.uid, request.params.part);
      return part ? sendPart(reply, part) : notFound(reply);
    },
  );
  app.get('/api/stats', () => store.stats());
  app.get('/api/faults', () => faults.current());
  app.put<{ Body: SmtpFault }>('/api/faults', { schema: { body: faultSchema } }, async (request) => {
    await faults.set(request.body);
    return faults.current();
  });
}

/** One mail, or null. */
export async function findMail(store: MailStore, uid: number): Promise<StoredMail | null> {
  const [mail] = await store.read([uid]);
  return mail ?? null;
}

/** One part of a mail that is neither text nor HTML, or null. */
export async function findPart(store: MailStore, uid: number, partId: number): Promise<MailPart | null> {
  const mail = await findMail(store, uid);
  const parsed = mail && (await parseMail(mail.raw));
  return parsed?.parts.find((part) => part.partId === partId) ?? null;
}

/** The mail as it came, shown as text whatever it holds. */
export function sendRaw(reply: FastifyReply, mail: StoredMail): FastifyReply {
  return reply.type('text/plain; charset=utf-8').header('x-content-type-options', 'nosniff').send(mail.raw);
}

/** A part as a file to download: whatever a mail brings, it never runs in the inbox's name. */
export function sendPart(reply: FastifyReply, part: MailPart): FastifyReply {
  return reply
    .type(/^[\w.+-]+\/[\w.+-]+$/.test(part.contentType) ? part.contentType : 'application/octet-stream')
    .header(
      'content-disposition',
      `attachment; filename*=UTF-8''${encodeURIComponent(Buffer.from(part.fileName).toString())}`,
    )
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('x-content-type-options', 'nosniff')
    .send(Buffer.from(part.bytes));
}

async function listMessages(
  store: MailStore,
  where: MailCondition,
  { limit, start }: PageQuery,
): Promise<object> {
  const [page, { accepted }] = await Promise.all([store.page({ where, limit, start }), store.stats()]);
  return {
    total: accepted,
    unread: accepted,
    count: page.mails.length,
    messages_count: page.total,
    start,
    tags: [],
    messages: page.mails.map((mail) => ({
      ...describeSummary(mail),
      Attachments: mail.attachmentCount,
      Snippet: mail.snippet,
    })),
  };
}

async function describeMessage(mail: StoredMail): Promise<object> {
  const parsed = await parseMail(mail.raw);
  return {
    ...describeSummary(mail),
    Date: mail.receivedAt,
    ReturnPath: mail.mailFrom,
    Text: parsed.text,
    HTML: parsed.html,
    Attachments: parsed.parts.filter((part) => !part.inline).map(describePart),
    Inline: parsed.parts.filter((part) => part.inline).map(describePart),
  };
}

function describeSummary(mail: MailSummary): object {
  return {
    ID: String(mail.uid),
    MessageID: mail.messageId ?? '',
    Read: false,
    From: mail.from ? describeMailbox(mail.from) : null,
    To: mail.to.map(describeMailbox),
    Cc: mail.cc.map(describeMailbox),
    Bcc: [],
    ReplyTo: [],
    Subject: mail.subject,
    Created: mail.receivedAt,
    Tags: [],
    Size: mail.sizeBytes,
  };
}

function describeMailbox({ name, address }: Mailbox): object {
  return { Name: name, Address: address };
}

function describePart(part: MailPart): object {
  return {
    PartID: String(part.partId),
    FileName: part.fileName,
    ContentType: part.contentType,
    ContentID: part.contentId,
    Size: part.bytes.length,
  };
}

function notFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).send({ Error: 'Message not found' });
}
