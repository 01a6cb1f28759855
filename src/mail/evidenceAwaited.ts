import { isSilent, silentAfterMs } from '../domain/mailSilence.ts';
import type { AlertToKeep } from '../ports/alertBook.ts';
import { type AwaitedMails, awaitedRules, type EvidenceDesk } from '../ports/evidenceDesk.ts';
import type { ExpectedReports } from '../ports/mailReports.ts';
import { silenceAlert, silenceRule, unheardAlert, unprovenAlert } from './awaitedWords.ts';

export interface AwaitedReviewOptions {
  desk: Pick<EvidenceDesk, 'unproven' | 'unheard' | 'expectReports' | 'heard' | 'quiet'>;
  /** Providers whose signed reports are read. */
  reports: readonly ExpectedReports[];
  /** Names of the places that are looked at. */
  sources: readonly string[];
  /** After so long without a word of it a mail is reported. */
  afterMs: number;
  /** Keeps alerts of a rule: of these scopes, those that hold. */
  keep(rule: string, scopes: readonly string[], holding: readonly AlertToKeep[]): Promise<void>;
}

/** Looks whether what should be heard of mails is heard: of each of them, and of a provider or place at all. */
export function createAwaitedReview(options: AwaitedReviewOptions) {
  const { desk, reports, sources, afterMs, keep } = options;

  /** Until something was heard of them, or a person knows of them; what comes after that is told anew. */
  async function keepAwaited(rule: string, awaited: AwaitedMails, alertOf: typeof unprovenAlert) {
    if (awaited.acknowledged) await keep(rule, [''], []);
    await keep(rule, [''], awaited.mails === 0 ? [] : [alertOf(awaited.mails, afterMs)]);
  }

  async function keepSilences(): Promise<void> {
    const heard = await desk.heard({ afterMs, sources, staleMs: silentAfterMs(afterMs) });
    const silent = heard.filter((standing) => isSilent(standing, afterMs));
    const open = await desk.quiet(silenceRule, 0);
    await keep(silenceRule, open, silent.map(silenceAlert));
  }

  return async (): Promise<void> => {
    await desk.expectReports(reports);
    await keepAwaited(awaitedRules.unproven, await desk.unproven(afterMs), unprovenAlert);
    await keepAwaited(awaitedRules.unheard, await desk.unheard(afterMs), unheardAlert);
    await keepSilences();
  };
}
