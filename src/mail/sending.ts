import { Fault } from '../domain/fault.ts';
import type { MailGate } from '../ports/mailGate.ts';
import type { MailLedger } from '../ports/mailLedger.ts';
import type { Mailer } from '../ports/mailer.ts';
import type { MailSending } from '../ports/mailSending.ts';
import type { Telemetry } from '../ports/telemetry.ts';

export interface MailSendingOptions {
  ledger: MailLedger;
  gate: Pick<MailGate, 'look'>;
  /** A purchase that was paid so long before its first mail counts as past. */
  pastAfterMs: number;
  mailer: Mailer;
  telemetry: Telemetry;
  /** How often an unanswered mail may be repeated when the provider cannot be asked about it. */
  repeatsMax?: number;
}

/**
 * The protocol of sending. What may be promised depends on what the provider can be asked: with a look-up by
 * Message-ID an unknown outcome is settled; without one it is repeated at most `repeatsMax` times, with the same bytes
 * and the same Message-ID, and every repeat is recorded as an ambiguity. Then a human decides.
 */
export function createMailSending(options: MailSendingOptions): MailSending {
  const { ledger, gate, mailer, telemetry } = options;
  const repeatsMax = options.repeatsMax ?? 1;

  return {
    look: (logicalKey, paymentId) => ledger.look(logicalKey, paymentId),

    heldBy: () => gate.look(),

    async findEarlier(messageId, signal) {
      const found = await mailer.find?.(messageId, signal);
      return found && { provider: found.provider, reference: found.reference, evidence: found.evidence };
    },

    intend: (tx, rows) =>
      ledger.intend(
        tx,
        rows.map(({ prepared, leaseToken, jobId, step }) => ({
          logicalKey: prepared.logicalKey,
          rendered: prepared.rendered,
          repeats: prepared.repeats,
          aboutPast: prepared.paidAgoMs !== null && prepared.paidAgoMs > options.pastAfterMs,
          jobId,
          step,
          provider: mailer.name,
          leaseToken,
        })),
      ),

    async settleUnanswered(unanswered, signal) {
      const { messageId, ambiguities, unansweredForMs } = unanswered;
      if (mailer.find) {
        const found = await mailer.find(messageId, signal);
        if (found) return { provider: found.provider, reference: found.reference, evidence: found.evidence };
        // A mail handed over a moment ago may not show up yet: finding nothing is only believed after the lag.
        const tooEarlyMs = mailer.capabilities.lookupLagMs - unansweredForMs;
        if (tooEarlyMs <= 0) return undefined;
        throw new Fault({
          kind: 'rate_limited',
          reason: 'mail_outcome_unknown',
          provider: mailer.name,
          retryAfterMs: tooEarlyMs,
          message:
            'The journal does not show the mail yet; it is looked for again before the mail is repeated.',
        });
      }
      if (ambiguities >= repeatsMax) {
        throw new Fault({
          kind: 'needs_human',
          reason: 'mail_outcome_unknown',
          provider: mailer.name,
          message: `${ambiguities + 1} attempts ended without an answer, and ${mailer.name} cannot be asked whether it took the mail.`,
        });
      }
      return undefined;
    },

    async send(prepared, { jobId }, signal) {
      if (prepared.repeats) {
        telemetry.emit({
          name: 'mail.ambiguous',
          jobId,
          logicalKey: prepared.logicalKey,
          provider: mailer.name,
        });
      }
      const { provider, reference, evidence } = await mailer.send(prepared.mail, signal);
      return {
        provider,
        reference,
        evidence,
        ...(prepared.repeats ? { repeated_after_no_answer: true } : {}),
      };
    },

    recordAccepted: (tx, rows) =>
      ledger.record(
        tx,
        // A mail that was found accepted before it was tried again has its outcome in the ledger already.
        rows.flatMap(({ logicalKey, evidence: { provider, reference } }) =>
          typeof provider === 'string' && typeof reference === 'string'
            ? [{ logicalKey, provider, outcome: 'accepted' as const, final: true, detail: reference }]
            : [],
        ),
      ),

    recordFaults: (tx, rows) =>
      ledger.record(
        tx,
        rows.map(({ logicalKey, fault }) => ({
          logicalKey,
          provider: mailer.name,
          outcome: fault.kind === 'unknown_effect' ? 'unknown' : 'refused',
          final: fault.kind === 'permanent',
          detail: fault.reason,
        })),
      ),
  };
}
