import type { Plan } from '../domain/plan.ts';
import type { AlertBook, AlertToKeep } from '../ports/alertBook.ts';
import { type BouncedMail, type EvidenceDesk, mailRules } from '../ports/evidenceDesk.ts';
import type { WantedJob } from '../ports/jobControl.ts';
import type { MailKind } from '../ports/mailLedger.ts';
import type { ExpectedReports } from '../ports/mailReports.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import {
  bouncedAlert,
  delayedAlert,
  failingReceiptAlert,
  returnedReceiptAlert,
  sourceRule,
  stuckAlert,
  stuckRule,
  refusedReportRule,
  unreadableRule,
} from './evidenceWords.ts';
import { createAwaitedReview } from './evidenceAwaited.ts';
import { tellTrouble } from './tellTrouble.ts';

export interface EvidenceActingOptions {
  desk: Pick<
    EvidenceDesk,
    | 'bounces'
    | 'actedOn'
    | 'putOff'
    | 'stuck'
    | 'failingReceipts'
    | 'delayed'
    | 'mended'
    | 'quiet'
    | 'unproven'
    | 'unheard'
    | 'expectReports'
    | 'heard'
  >;
  alerts: AlertBook;
  telemetry: Telemetry;
  /** Kinds of mails that can be asked for once more, and the plan of the job that sends each. */
  again: ReadonlyArray<{ kind: MailKind; plan: Plan }>;
  /** The configured mailers. */
  providers: readonly string[];
  /** What is promised for a mail that is asked for. */
  slaSeconds: number;
  /** Providers whose signed reports are read. */
  reports: readonly ExpectedReports[];
  /** Names of the places that are looked at. */
  sources: readonly string[];
  /** After so long without proof, or without a word of it, a mail is reported. */
  unprovenAfterMs: number;
  onWork(): void;
}

const atOnce = 50;
/** So many attempts at a receipt that failed, and people are told. */
const failuresMin = 2;
/** A mail that is put off may still arrive; servers try for days, buyers ask after hours. */
const delayedAfterMs = 4 * 3_600_000;
/** So many failures in a row of one piece of evidence, and people are told; that takes two and a half minutes. */
const stuckAfterFailures = 5;
/** When nothing new is heard of a trouble for so long, it is over: reports can be read again, or come no more. */
const quietForMs = {
  [unreadableRule]: 24 * 3_600_000,
  [refusedReportRule]: 6 * 3_600_000,
  [sourceRule]: 3_600_000,
};

/** What is done about mails that came back, do not get through, or are not proven. */
export function createEvidenceActing(options: EvidenceActingOptions) {
  const { desk, alerts, telemetry, again, providers, slaSeconds, unprovenAfterMs } = options;
  const reviewAwaited = createAwaitedReview({ ...options, afterMs: unprovenAfterMs, keep });

  async function keep(rule: string, scopes: readonly string[], holding: readonly AlertToKeep[]) {
    // Of several troubles of one order the last one is told.
    const last = [...new Map(holding.map((alert) => [alert.scope, alert])).values()];
    if (scopes.length === 0 && last.length === 0) return;
    for (const { change, scope, severity } of await alerts.keep(rule, scopes, last))
      telemetry.emit({ name: 'alert.changed', change, rule, scope, severity });
  }

  /** First people are told, then it is noted: what fails in between is told once more, which says nothing new. */
  async function actOn(mail: BouncedMail): Promise<void> {
    // The old address of an order is told of its correction; that it was wrong is known.
    const isNews = !mail.mended && mail.kind !== 'address_changed';
    const wanted = isNews ? wantedFor(mail) : undefined;
    if (isNews) {
      await keep(mailRules.bounced, [], [bouncedAlert(mail, wanted !== undefined || mail.onItsWay)]);
      if (mail.kind === 'receipt') await keep(mailRules.failing, [], [returnedReceiptAlert(mail)]);
    }
    if ((await desk.actedOn([mail.evidenceId], wanted ? [wanted] : [])) > 0) options.onWork();
  }

  /** @throws Fault when the database cannot be reached: then it is not the mail that fails */
  async function failed({ evidenceId }: BouncedMail, error: unknown): Promise<void> {
    await desk.putOff([evidenceId]);
    tellTrouble(telemetry, 'act on a bounce', error);
  }

  return {
    /** Acts on what came back for good and is due, each by itself. */
    async act(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        const bounces = await desk.bounces(atOnce);
        if (bounces.length === 0) return;
        for (const mail of bounces) {
          if (signal.aborted) return;
          await actOn(mail).catch((error: unknown) => failed(mail, error));
        }
      }
    },

    /** Looks through what holds by now, and what does no more. */
    async review(): Promise<void> {
      await keep(mailRules.failing, [], (await desk.failingReceipts(failuresMin)).map(failingReceiptAlert));
      for (const rule of Object.values(mailRules)) await keep(rule, await desk.mended(rule, failuresMin), []);
      await keep(mailRules.delayed, [], (await desk.delayed(delayedAfterMs)).map(delayedAlert));
      const stuck = await desk.stuck(stuckAfterFailures);
      await keep(stuckRule, [''], stuck.pieces === 0 ? [] : [stuckAlert(stuck)]);
      await reviewAwaited();
      for (const [rule, forMs] of Object.entries(quietForMs))
        await keep(rule, await desk.quiet(rule, forMs), []);
    },
  };

  /** The same mail through another provider, where the other side minds only the one it came from: once per mail. */
  function wantedFor(mail: BouncedMail): WantedJob | undefined {
    const { mailId, kind, bounce, payment, order, cameBack } = mail;
    const plan = again.find((one) => one.kind === kind)?.plan;
    const isLeft = providers.some((provider) => !cameBack.includes(provider));
    if (bounce.cause !== 'policy' || plan === undefined || !isLeft || order === null) return undefined;
    if (!payment.paid || payment.takenBack || mail.onItsWay) return undefined;
    return {
      plan,
      subjectKey: `${payment.orderId}/bounce-${mailId}`,
      paymentId: payment.id,
      order,
      slaSeconds,
      actor: 'bounce',
    };
  }
}

export type EvidenceActing = ReturnType<typeof createEvidenceActing>;
