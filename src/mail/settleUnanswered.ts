import { Fault } from '../domain/fault.ts';
import type { MailKind } from '../ports/mailLedger.ts';
import type { Mailer } from '../ports/mailer.ts';
import type { MailSending, Settled, UnansweredMail } from '../ports/mailSending.ts';

/** `repeat`: once, as an ambiguity on record. `hold`: a person decides. */
export const whenUnknownChoices = ['repeat', 'hold'] as const;
export type WhenUnknown = (typeof whenUnknownChoices)[number];

export interface SettlingOptions {
  mailerOf(name: string): Mailer | undefined;
  whenUnknown(kind: MailKind): WhenUnknown;
  evidenceWaitMs: number;
}

/**
 * How many attempts at one mail may stay without an answer, where its provider does not drop repeats. One more where each
 * was looked for and not found, and an answer would have lasted: a death and a lost answer in a row are no reason to
 * trouble a person. Where answers prove nothing, a journal that shows no mail at all must not have each sent thrice.
 */
const unansweredMax = { looked: 3, blind: 2 };
const firstLookMs = 2_000;

/**
 * What becomes of a mail of which an attempt had no answer, by what its provider is capable of: the same key and bytes
 * within the window; else a look-up; else news are awaited where the provider tells all; else as is configured for the
 * kind of mail. Asked before every further attempt, for a later refusal does not say what became of this one.
 */
export function createSettling(options: SettlingOptions): MailSending['settleUnanswered'] {
  return async (unanswered, signal) => {
    const { provider, forMs, sinceFirstMs } = unanswered.attempt;
    const mailer = options.mailerOf(provider);
    if (!mailer) throw humanDecides(unanswered, `${provider} is not configured any more`);
    const { dedupe, deliveryEvents, acceptanceDurable } = mailer.capabilities;
    const isRemembered = dedupe !== null && sinceFirstMs < dedupe.windowMs;
    // Where an answer is worth nothing by itself and no news follow it, a repeat would only bring the same again.
    const asksFirst = !acceptanceDurable && deliveryEvents !== 'all' && mailer.find !== undefined;
    if (isRemembered && !asksFirst) {
      if (forMs >= dedupe.repeatAfterMs) return { kind: 'again', repeats: false };
      throw tooEarly(unanswered, dedupe.repeatAfterMs - forMs);
    }
    const found = await lookUp(mailer, unanswered, signal);
    if (found) return found;
    const canBeAsked = mailer.find !== undefined;
    if (!canBeAsked && deliveryEvents === 'all' && forMs < options.evidenceWaitMs)
      throw tooEarly(unanswered, options.evidenceWaitMs - forMs);
    if (!canBeAsked && dedupe)
      throw humanDecides(unanswered, `${provider} does not remember the first attempt any more`);
    return isRemembered
      ? { kind: 'again', repeats: false }
      : byRule(unanswered, {
          rule: options.whenUnknown(unanswered.kind),
          max: canBeAsked && acceptanceDurable ? unansweredMax.looked : unansweredMax.blind,
        });
  };
}

/** Undefined: it was not found, and would have been by now; or the provider cannot be asked. */
async function lookUp(
  mailer: Mailer,
  unanswered: UnansweredMail,
  signal: AbortSignal,
): Promise<Settled | undefined> {
  if (!mailer.find) return undefined;
  const found = await mailer.find(unanswered.messageId, signal);
  if (found) {
    const { provider, reference, evidence } = found;
    return { kind: 'taken', evidence: { provider, reference, evidence } };
  }
  // A mail handed over a moment ago may not show up yet: finding nothing is only believed after the lag.
  const leftMs = mailer.capabilities.lookupLagMs - unanswered.attempt.forMs;
  if (leftMs > 0) throw tooEarly(unanswered, leftMs);
  return undefined;
}

/** Also where a look-up found nothing: a journal that shows no mail at all must not have all of them sent for ever. */
function byRule(unanswered: UnansweredMail, { rule, max }: { rule: WhenUnknown; max: number }): Settled {
  const { provider, unanswered: attempts, latest } = unanswered.attempt;
  if (rule === 'hold') throw humanDecides(unanswered, 'mails of this kind are not repeated by themselves');
  if (attempts >= max)
    throw humanDecides(unanswered, `${attempts} attempts at ${provider} had no answer that lasts`);
  // The repeat after a lost answer is on record as an ambiguity; that it was refused makes no further one.
  return { kind: 'again', repeats: latest };
}

/** Looks soon at first, and then as seldom as it has waited. */
const tooEarly = ({ attempt: { provider, forMs } }: UnansweredMail, leftMs: number) =>
  new Fault({
    kind: 'rate_limited',
    reason: 'mail_outcome_unknown',
    provider,
    retryAfterMs: Math.ceil(Math.min(leftMs, Math.max(firstLookMs, forMs))),
    message: `It is not known yet whether ${provider} has taken the mail; it is looked for again before it is repeated.`,
  });

const humanDecides = ({ attempt: { provider } }: UnansweredMail, why: string) =>
  new Fault({
    kind: 'needs_human',
    reason: 'mail_outcome_unknown',
    provider,
    message: `Nobody can say whether ${provider} has taken the mail: ${why}. Ask the buyer or send it anew.`,
  });
