import { Fault, mayGoElsewhere } from '../domain/fault.ts';
import { isPolicyOfRecipient, routeOf } from '../domain/mailRouting.ts';
import type { MailGate } from '../ports/mailGate.ts';
import type { MailKind, MailKnown, MailLedger, MailResult } from '../ports/mailLedger.ts';
import type { Acceptance, Mailer } from '../ports/mailer.ts';
import type { MailSending } from '../ports/mailSending.ts';
import type { JsonObject, RoutedEffect, Through } from '../ports/step.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { createSettling, type WhenUnknown } from './settleUnanswered.ts';

export interface MailSendingOptions {
  ledger: MailLedger;
  gate: Pick<MailGate, 'look'>;
  /** A purchase that was paid so long before its first mail counts as past. */
  pastAfterMs: number;
  /** The preferred one first. */
  mailers: readonly [Mailer, ...Mailer[]];
  telemetry: Telemetry;
  /** What becomes of a mail of which nobody can say whether it was taken. Default: it is repeated once. */
  whenUnknown?: (kind: MailKind) => WhenUnknown;
  /** How long to wait for news of such a mail where the provider tells all. Default: 15 minutes. */
  evidenceWaitMs?: number;
}

/** Refusals of the mail itself: no other provider could do better. */
const aboutTheMail = new Set(['invalid_address', 'mail_malformed', 'aborted']);

/** Handed over, and not known yet whether it is kept: its journal copy is awaited. The provider itself is well. */
const awaitingJournal = 'mail_awaiting_journal';
const journalLookMs = 2_000;

/**
 * The protocol of sending (law 4 of the engine). What may be promised depends on the provider: whether it drops
 * repeats, can be asked, and keeps what it has taken. Another provider is turned to only when this one has certainly not
 * taken the mail, or was ill before anything was sent; never out of an unknown outcome.
 */
export function createMailSending(options: MailSendingOptions): MailSending {
  const { ledger, gate, mailers, telemetry } = options;
  const byName = new Map(mailers.map((mailer) => [mailer.name, mailer]));
  const [first, ...others] = mailers.map(({ name }) => name);
  const providers: [string, ...string[]] = [first ?? '', ...others];
  const settling = createSettling({
    whenUnknown: () => 'repeat',
    evidenceWaitMs: 15 * 60_000,
    ...options,
    mailerOf: (name) => byName.get(name),
  });

  /** Taken by a provider that may still lose it, and the journal can tell. Where all is told, its news are the proof. */
  const isToBeProven = ({ capabilities }: Mailer, { evidence }: Acceptance) =>
    !capabilities.acceptanceDurable &&
    capabilities.lookup !== 'none' &&
    capabilities.deliveryEvents !== 'all' &&
    evidence === 'answer';

  const isDurable = (provider: string, evidence: unknown) =>
    evidence !== 'answer' || (byName.get(provider)?.capabilities.acceptanceDurable ?? true);

  return {
    providers,

    look: (logicalKey, paymentId, addressee) => ledger.look(logicalKey, paymentId, addressee),

    heldBy: () => gate.look(),

    route: (known, effect) => routed(known, effect, providers),

    async findEarlier(messageId, signal) {
      for (const mailer of mailers) {
        const found = await mailer.find?.(messageId, signal);
        if (found) return evidenceOf(found);
      }
      return undefined;
    },

    intend: (tx, rows) =>
      ledger.intend(
        tx,
        rows.map(({ prepared, provider, leaseToken, jobId, step }) => ({
          logicalKey: prepared.logicalKey,
          rendered: prepared.rendered,
          repeats: prepared.repeats,
          aboutPast: prepared.paidAgoMs !== null && prepared.paidAgoMs > options.pastAfterMs,
          jobId,
          step,
          provider,
          leaseToken,
        })),
      ),

    settleUnanswered: settling,

    async send(prepared, { jobId, provider }, signal) {
      const { logicalKey, mail, repeats, others: said } = prepared;
      const mailer = byName.get(provider);
      if (!mailer) throw new TypeError(`There is no mail provider ${provider}.`);
      if (repeats) telemetry.emit({ name: 'mail.ambiguous', jobId, logicalKey, provider });
      const acceptance = await mailer.send(mail, signal).catch((thrown: unknown) => {
        const rest = said === null ? [] : providers.filter((name) => name !== provider);
        const untried = rest.some((name) => !said?.refused.includes(name));
        const willing = rest.some((name) => !said?.refusedForGood.includes(name));
        throw elsewhere(thrown, untried ? 'now' : willing ? 'later' : undefined);
      });
      if (isToBeProven(mailer, acceptance)) throw awaited(provider);
      return { ...evidenceOf(acceptance), ...(repeats ? { repeated_after_no_answer: true } : {}) };
    },

    recordAccepted: (tx, rows) =>
      ledger.record(
        tx,
        // A mail that was found accepted before it was tried again has its outcome in the ledger already.
        rows.flatMap(({ logicalKey, evidence: { provider, reference, evidence } }) =>
          typeof provider === 'string' && typeof reference === 'string'
            ? [accepted({ logicalKey, provider, detail: reference, proven: isDurable(provider, evidence) })]
            : [],
        ),
      ),

    recordFaults: (tx, rows) =>
      ledger.record(
        tx,
        rows.map(({ logicalKey, provider, fault }) => failed({ logicalKey, provider }, fault)),
      ),
  };
}

const evidenceOf = ({ provider, reference, evidence }: Acceptance): JsonObject => ({
  provider,
  reference,
  evidence,
});

const accepted = (about: Pick<MailResult, 'logicalKey' | 'provider' | 'detail' | 'proven'>): MailResult => ({
  ...about,
  outcome: 'accepted',
  final: true,
  finalHere: true,
  byPolicy: false,
});

const failed = (about: Pick<MailResult, 'logicalKey' | 'provider'>, fault: Fault): MailResult => ({
  ...about,
  outcome: fault.kind === 'unknown_effect' || fault.reason === awaitingJournal ? 'unknown' : 'refused',
  final: fault.kind === 'permanent' && !fault.elsewhere,
  finalHere: fault.kind === 'permanent',
  proven: false,
  byPolicy: isPolicyOfRecipient(fault.reason),
  detail: fault.reason,
});

function routed(
  { standing, passedOver, cameBack }: MailKnown,
  { provider, routed: isRouted }: RoutedEffect,
  configured: readonly string[],
): Through | undefined {
  if (isRouted) return undefined;
  const mayBeWith = standing.state === 'queued' ? standing.unanswered?.provider : undefined;
  if (mayBeWith !== undefined)
    return mayBeWith === provider ? undefined : { kind: 'through', providers: [mayBeWith] };
  const refusals = standing.state === 'queued' ? standing.refusals : [];
  const facts = { refusals: [...refusals, ...cameBack.map(final)], passedOver };
  const [first, ...others] = routeOf({ configured, ...facts });
  const asConfigured = [first, ...others].every((name, at) => name === configured[at]);
  if (first === undefined || (asConfigured && others.length === configured.length - 1)) return undefined;
  return { kind: 'through', providers: [first, ...others] };
}

const final = (provider: string) => ({ provider, final: true });

/** What this provider has certainly not taken another may take: one that was not asked yet, or one that has put it off. */
function elsewhere(thrown: unknown, when: Fault['elsewhere']): unknown {
  if (!(thrown instanceof Fault) || when === undefined) return thrown;
  if (thrown.kind === 'unknown_effect' || aboutTheMail.has(thrown.reason)) return thrown;
  // What will pass by itself is tried again as it says; only what would not needs somebody else.
  const isLasting = thrown.kind === 'permanent' || thrown.kind === 'needs_human';
  return when === 'now' || isLasting ? mayGoElsewhere(thrown, when) : thrown;
}

const awaited = (provider: string) =>
  new Fault({
    kind: 'rate_limited',
    reason: awaitingJournal,
    retryAfterMs: journalLookMs,
    message: `${provider} has the mail in its memory; it counts once its copy is in the journal.`,
  });
