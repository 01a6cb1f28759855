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
