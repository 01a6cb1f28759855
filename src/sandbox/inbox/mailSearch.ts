import { contains, everyMail } from './mailStore.ts';
import type { MailCondition } from './mailStore.ts';

const termPattern = /(?:(to|from|subject|message-id):)?(?:"([^"]*)"|([^\s"]+))/gi;

/**
 * Reads a search in Mailpit's manner: `to:"ann@shop.example" subject:"receipt"`; every term must match. A whole address
 * after `to:` or `from:` matches exactly, and a Message-ID matches exactly, with or without angle brackets. Everything else
 * matches as a part. A word without a field is looked for in recipients, sender and subject.
 */
export function parseMailSearch(query: string): MailCondition {
  const conditions = [...query.matchAll(termPattern)].map(([, field, quoted, bare]) =>
    condition((field ?? '').toLowerCase(), (quoted ?? bare ?? '').replaceAll('\0', '')),
  );
  if (conditions.length === 0) return everyMail;
  return (bind) => conditions.map((write) => write(bind)).join(' and ');
}

function condition(field: string, term: string): MailCondition {
  switch (field) {
    case 'to':
      return isAddress(term) ? recipientIs(term) : anyOf(recipientContains(term), headerContains('To', term));
    case 'from':
      return isAddress(term) ? senderIs(term) : headerContains('From', term);
    case 'subject':
      return (bind) => contains('subject', bind(term));
    case 'message-id':
      return (bind) => `message_id = ${bind(term.replace(/^<|>$/g, ''))}`;
    default:
      return anyOf(recipientContains(term), headerContains('From', term), (bind) =>
        contains('subject', bind(term)),
      );
  }
}

function isAddress(term: string): boolean {
  return /^[^@\s]+@[^@\s]+$/.test(term);
}

function recipientIs(address: string): MailCondition {
  return (bind) => `exists (select from unnest(rcpt) one where lower(one) = lower(${bind(address)}))`;
}

function senderIs(address: string): MailCondition {
  return (bind) => `lower(from_mailbox ->> 'address') = lower(${bind(address)})`;
}

function recipientContains(term: string): MailCondition {
  return (bind) => `exists (select from unnest(rcpt) one where ${contains('one', bind(term))})`;
}

/** A header whose value has the term in it. An empty term asks only that the header is there (RFC 3501, 6.4.4). */
export function headerContains(name: string, term: string): MailCondition {
  const pattern = `${likePattern(name)}:%${likePattern(term)}%`;
  return (bind) => `exists (select from unnest(headers) line where line ilike ${bind(pattern)})`;
}

function likePattern(text: string): string {
  return text.replace(/[\\%_]/g, String.raw`\$&`);
}

function anyOf(...conditions: MailCondition[]): MailCondition {
  return (bind) => `(${conditions.map((write) => write(bind)).join(' or ')})`;
}
