import type { Bounce, BounceCause } from '../../ports/deliveryEvidence.ts';

/** What Resend tells of a mail that did not arrive, reduced to its codes. */
export type ResendBounce =
  | { event: 'bounced'; type: string; subType: string; diagnosticCodes: readonly string[] }
  /** Not even tried: the address is on Resend's list of those that came back or complained. */
  | { event: 'suppressed' }
  /** Taken, and then not sent: quota, key, domain or recipient. */
  | { event: 'failed'; reason: string };

/**
 * What a bounce means (resend.com/docs/dashboard/emails/email-bounces). Its code, where the other side gave one, says
 * more than Resend's type: `Permanent General` covers both "no such mailbox" and "not from you".
 */
export function bounceOf(bounce: ResendBounce): Bounce {
  switch (bounce.event) {
    case 'suppressed':
      return { permanence: 'hard', cause: 'policy' };
    case 'failed':
      return { permanence: 'hard', cause: /recipient|address/i.test(bounce.reason) ? 'address' : 'policy' };
    case 'bounced': {
      const status = statusIn(bounce.diagnosticCodes);
      const permanence = bounce.type === 'Permanent' ? 'hard' : 'soft';
      if (status === undefined) return { permanence, cause: causeOfType(bounce.type, bounce.subType) };
      return { permanence, cause: causeOfStatus(status) ?? causeOfType(bounce.type, bounce.subType), status };
    }
  }
}

const causesOfPermanent: Record<string, BounceCause> = {
  General: 'address',
  // On a list of addresses that came back before, at Resend or at this account: another provider may still try.
  Suppressed: 'policy',
  OnAccountSuppressionList: 'policy',
};

const causesOfAny: Record<string, BounceCause> = {
  MailboxFull: 'mailbox_full',
  MessageTooLarge: 'content',
  ContentRejected: 'content',
  AttachmentRejected: 'content',
};

function causeOfType(type: string, subType: string): BounceCause {
  const own = type === 'Permanent' && Object.hasOwn(causesOfPermanent, subType) && causesOfPermanent[subType];
  return own || (Object.hasOwn(causesOfAny, subType) && causesOfAny[subType]) || 'unknown';
}

/** The enhanced status code in `smtp; 550 5.1.1 user unknown`. The text around it may repeat an address. */
function statusIn(diagnosticCodes: readonly string[]): string | undefined {
  for (const code of diagnosticCodes) {
    const status = /(?:^|[\s;#(-])([45]\.\d{1,3}\.\d{1,3})(?![\d.])/.exec(code)?.[1];
    if (status !== undefined) return status;
  }
  return undefined;
}

/** By subject and detail of RFC 3463 §3, where they say something of their own. */
function causeOfStatus(status: string): BounceCause | undefined {
  const [, subject, detail] = status.split('.');
  if (subject === '1') return 'address';
  if (subject === '2') return detail === '2' ? 'mailbox_full' : detail === '3' ? 'content' : 'address';
  if (subject === '3' && detail === '4') return 'content';
  if (subject === '6') return 'content';
  if (subject === '7') return 'policy';
  return undefined;
}
