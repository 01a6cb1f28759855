import type { Plan } from '../domain/plan.ts';
import type { AlertBook, AlertToKeep } from '../ports/alertBook.ts';
import { type BouncedMail, type EvidenceDesk, mailRules } from '../ports/evidenceDesk.ts';
import type { WantedJob } from '../ports/jobControl.ts';
import type { MailKind } from '../ports/mailLedger.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import {
  bouncedAlert,
  failingReceiptAlert,
  returnedReceiptAlert,
  sourceRule,
  unprovenAlert,
  unprovenRule,
  refusedReportRule,
  unreadableRule,
} from './evidenceWords.ts';

export interface EvidenceActingOptions {
  desk: Pick<EvidenceDesk, 'bounces' | 'actedOn' | 'failingReceipts' | 'mended' | 'quiet' | 'unproven'>;
  alerts: AlertBook;
  telemetry: Telemetry;
  /** Kinds of mails that can be asked for once more, and the plan of the job that sends each. */
  again: ReadonlyArray<{ kind: MailKind; plan: Plan }>;
  /** The configured mailers. */
  providers: readonly string[];
  /** What is promised for a mail that is asked for. */
  slaSeconds: number;
  /** After so long without proof a mail counts as unproven. */
  unprovenAfterMs: number;
  onWork(): void;
}

const atOnce = 50;
/** So many attempts at a receipt that failed, and people are told. */
const failuresMin = 2;
/** When nothing new is heard of a trouble for so long, it is over: reports can be read again, or come no more. */
const quietForMs = {
  [unreadableRule]: 24 * 3_600_000,
  [refusedReportRule]: 6 * 3_600_000,
  [sourceRule]: 3_600_000,
};

/** What is done about mails that came back, do not get through, or are not proven. */
export function createEvidenceActing(options: EvidenceActingOptions) {
  const { desk, alerts, telemetry, again, providers, slaSeconds, unprovenAfterMs } = options;

  async function keep(rule: string, scopes: readonly string[], holding: readonly AlertToKeep[]) {
    // Of several troubles of one order the last one is told.
    const last = [...new Map(holding.map((alert) => [alert.scope, alert])).values()];
    if (scopes.length === 0 && last.length === 0) return;
    for (const { change, scope, severity } of await alerts.keep(rule, scopes, last))
      telemetry.emit({ name: 'alert.changed', change, rule, scope, severity });
  }

  return {
    /** Acts on what came back, as often as there is something. */
    async act(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        const bounces = await desk.bounces(atOnce);
        if (bounces.length === 0) return;
        // The old address of an order is told of its correction; that it was wrong is known.
        const news = bounces.filter(({ mended, kind }) => !mended && kind !== 'address_changed');
        const wanted = new Map(news.flatMap((mail) => wantedFor(mail)));
        const hard = news.filter(({ bounce }) => bounce.permanence === 'hard');
        await keep(
          mailRules.bounced,
          [],
          hard.map((mail) => bouncedAlert(mail, wanted.has(mail.mailId) || mail.onItsWay)),
        );
        const receipts = news.filter(({ kind }) => kind === 'receipt');
        await keep(mailRules.failing, [], receipts.map(returnedReceiptAlert));
        const ids = bounces.map(({ evidenceId }) => evidenceId);
        if ((await desk.actedOn(ids, [...wanted.values()])) > 0) options.onWork();
      }
    },

    /** Looks through what holds by now, and what does no more. */
    async review(): Promise<void> {
      await keep(mailRules.failing, [], (await desk.failingReceipts(failuresMin)).map(failingReceiptAlert));
      for (const rule of Object.values(mailRules)) await keep(rule, await desk.mended(rule, failuresMin), []);
      const { mails } = await desk.unproven(unprovenAfterMs);
      await keep(unprovenRule, [''], mails === 0 ? [] : [unprovenAlert(mails, unprovenAfterMs)]);
      for (const [rule, forMs] of Object.entries(quietForMs))
        await keep(rule, await desk.quiet(rule, forMs), []);
    },
  };

  /** The same mail through another provider, where the other side minds only the one it came from: once per mail. */
  function wantedFor(mail: BouncedMail): Array<[string, WantedJob]> {
    const { mailId, kind, bounce, payment, order, cameBack } = mail;
    const plan = again.find((one) => one.kind === kind)?.plan;
    const isLeft = providers.some((provider) => !cameBack.includes(provider));
    // One that came back softly may still be on its way.
    if (bounce.cause !== 'policy' || bounce.permanence !== 'hard') return [];
    if (plan === undefined || !isLeft || order === null) return [];
    if (!payment.paid || payment.takenBack || mail.onItsWay) return [];
    const job: WantedJob = {
      plan,
      subjectKey: `${payment.orderId}/bounce-${mailId}`,
      paymentId: payment.id,
      order,
      slaSeconds,
      actor: 'bounce',
    };
    return [[mailId, job]];
  }
}

export type EvidenceActing = ReturnType<typeof createEvidenceActing>;
