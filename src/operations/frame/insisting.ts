import { auditTextMax } from '../../ports/audit.ts';
import type { By } from './operation.ts';
import { Refusal } from './refusal.ts';

/** @throws Refusal unless somebody has said why, in a text that can be kept */
export function insistOnReason({ reason }: By): void {
  const field = 'reason';
  if (reason === null)
    throw new Refusal({
      kind: 'invalid_input',
      code: 'reason_missing',
      field,
      detail: 'This needs a reason, for whoever reads the audit later.',
      remedy: 'Say in a sentence why, for example a ticket and what the buyer wrote.',
    });
  if (reason.length > auditTextMax.reason || reason.includes('\0') || !reason.isWellFormed())
    throw new Refusal({
      kind: 'invalid_input',
      code: 'reason_unusable',
      field,
      detail: `A reason is a text of at most ${auditTextMax.reason} characters.`,
    });
}

/**
 * What the audit keeps is never rewritten, so that nobody could be forgotten there.
 *
 * @throws Refusal where a text that staff typed has an e-mail address in it
 */
export function insistOnNobodyNamed({ reason, requestId }: By): void {
  const field = [
    ['reason', reason ?? ''],
    ['requestId', requestId],
  ].find(([, text]) => anAddress.test(text ?? ''))?.[0];
  if (field === undefined) return;
  throw new Refusal({
    kind: 'invalid_input',
    code: 'names_a_person',
    field,
    detail: 'There is an e-mail address in it, and what the audit keeps can never be forgotten.',
    remedy: 'Name the ticket instead, for example “asked for, ticket 4711”.',
  });
}

const anAddress = /[^\s@<>"']+@[^\s@<>"']+\.[^\s@<>"'.]{2,}/u;

/** Printable ASCII: it goes into headers and logs. */
const requestIdPattern = /^[!-~]{1,200}$/;

/** @throws Refusal */
export function insistOnRequestId({ requestId }: By, bulkRunId: string | null): void {
  // Those of bulk runs are made by us, and say what was done there.
  const isOurs = requestId.startsWith('bulk:');
  if (requestIdPattern.test(requestId) && isOurs === (bulkRunId !== null)) return;
  throw new Refusal({
    kind: 'invalid_input',
    code: 'request_id_unusable',
    field: 'requestId',
    detail: 'A request id is 1 to 200 printable characters without blanks, and does not begin with bulk:.',
    remedy: 'Use a fresh UUID for each wish.',
  });
}
