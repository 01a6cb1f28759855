import { headerContains } from './mailSearch.ts';
import type { MailCondition } from './mailStore.ts';
import { ImapSyntaxError, selectBySet, textOf } from './imapTokens.ts';
import type { ImapToken } from './imapTokens.ts';

// No mail here ever gets a flag, so a search by flag knows its answer.
const nothing = ['ANSWERED', 'DELETED', 'DRAFT', 'FLAGGED', 'SEEN', 'NEW', 'RECENT'];
const everything = ['ALL', 'UNANSWERED', 'UNDELETED', 'UNDRAFT', 'UNFLAGGED', 'UNSEEN', 'OLD'];
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const receivedDay = "(received_at at time zone 'UTC')::date";

/** Turns SEARCH criteria (RFC 3501, 6.4.4) into a condition. `uids` are the mails the client knows, in order. */
export function parseImapSearch(criteria: ImapToken[], uids: number[]): MailCondition {
  const rest = [...criteria];
  if (rest[0] && rest[0].kind === 'atom' && rest[0].text.toUpperCase() === 'CHARSET') {
    const charset = textOf(rest.splice(0, 2)[1]).toUpperCase();
    if (charset !== 'UTF-8' && charset !== 'US-ASCII') throw new ImapSyntaxError('Charset must be UTF-8');
  }
  if (rest.length === 0) throw new ImapSyntaxError('Missing search criteria');
  return allOf(rest, uids);
}

function allOf(criteria: ImapToken[], uids: number[]): MailCondition {
  const rest = [...criteria];
  const conditions: MailCondition[] = [];
  while (rest.length > 0) conditions.push(takeKey(rest, uids));
  return (bind) => `(${conditions.map((write) => write(bind)).join(' and ')})`;
}

/** Takes one search key with its arguments from the front of `rest`. */
function takeKey(rest: ImapToken[], uids: number[]): MailCondition {
  const token = rest.shift();
  if (token?.kind === 'list') return allOf(token.items, uids);
  const key = textOf(token).toUpperCase();
  if (everything.includes(key)) return () => 'true';
  if (nothing.includes(key)) return () => 'false';
  if (/^[\d*]/.test(key))
    return uidIn(selectBySet(key, positions(uids)).map((position) => uids[position - 1]));
  switch (key) {
    case 'TO':
    case 'FROM':
    case 'CC':
    case 'BCC':
    case 'SUBJECT':
      return headerContains(key, argument(rest));
    case 'HEADER':
      return headerContains(argument(rest), argument(rest));
    case 'UID':
      return uidIn(selectBySet(argument(rest), uids));
    case 'NOT': {
      const inner = takeKey(rest, uids);
      return (bind) => `not ${inner(bind)}`;
    }
    case 'OR': {
      const [one, other] = [takeKey(rest, uids), takeKey(rest, uids)];
      return (bind) => `(${one(bind)} or ${other(bind)})`;
    }
    case 'KEYWORD':
      return (argument(rest), () => 'false');
    case 'UNKEYWORD':
      return (argument(rest), () => 'true');
    default:
      return measured(key, argument(rest));
  }
}

/** Keys that compare. A mail arrives the moment it is sent, so SENT… looks at the day of arrival, too. */
function measured(key: string, value: string): MailCondition {
  switch (key) {
    case 'SINCE':
    case 'SENTSINCE':
      return compared(receivedDay, '>=', day(value));
    case 'BEFORE':
    case 'SENTBEFORE':
      return compared(receivedDay, '<', day(value));
    case 'ON':
    case 'SENTON':
      return compared(receivedDay, '=', day(value));
    case 'LARGER':
      return compared('size_bytes', '>', bytes(value));
    case 'SMALLER':
      return compared('size_bytes', '<', bytes(value));
    default:
      throw new ImapSyntaxError(`Search key ${key} is not offered here`);
  }
}

function compared(expression: string, operator: string, value: string | number): MailCondition {
  return (bind) => `${expression} ${operator} ${bind(value)}`;
}

function uidIn(uids: Array<number | undefined>): MailCondition {
  return (bind) => `uid = any(${bind(uids)})`;
}

function positions(uids: number[]): number[] {
  return uids.map((_, index) => index + 1);
}

function argument(rest: ImapToken[]): string {
  return textOf(rest.shift());
}

function day(text: string): string {
  const parts = /^(\d{1,2})-([a-z]{3})-(\d{4})$/i.exec(text);
  const month = months.indexOf((parts?.[2] ?? '').toLowerCase()) + 1;
  const iso = `${parts?.[3]}-${String(month).padStart(2, '0')}-${(parts?.[1] ?? '').padStart(2, '0')}`;
  if (Number.isNaN(Date.parse(iso))) throw new ImapSyntaxError('Cannot read the date');
  return iso;
}

function bytes(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new ImapSyntaxError('Cannot read the size');
  return Number(text);
}
