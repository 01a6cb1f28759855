import type { AlertToKeep } from '../ports/alertBook.ts';
import { awaitedRules } from '../ports/evidenceDesk.ts';
import type { HeardStanding } from '../ports/mailReports.ts';
import { aboutSoMany } from './evidenceWords.ts';

const severity = 'ticket';
const audience = ['lifecycle', 'support'];

function mailsText(mails: number): string {
  const many = aboutSoMany(mails);
  return `${many.charAt(0).toUpperCase()}${many.slice(1)} ${mails === 1 ? 'mail was' : 'mails were'}`;
}

const minutesText = (afterMs: number) => `more than ${Math.round(afterMs / 60_000)} min ago`;
const seeOrEnd = 'See: fulfillment mail status. It stays until they are proven, or this is acknowledged.';

/** Mails that nothing proves. */
export const unprovenAlert = (mails: number, afterMs: number): AlertToKeep => ({
  rule: awaitedRules.unproven,
  scope: '',
  severity,
  summary: `${mailsText(mails)} taken ${minutesText(afterMs)} and nothing proves that ${mails === 1 ? 'it' : 'they'} went out. ${seeOrEnd}`,
  data: { audience },
});

/** Mails that were taken for good, by a provider that tells what becomes of each, and of which it tells nothing. */
export const unheardAlert = (mails: number, afterMs: number): AlertToKeep => ({
  rule: awaitedRules.unheard,
  scope: '',
  severity,
  summary: `${mailsText(mails)} accepted ${minutesText(afterMs)} by a provider that reports each, and it has reported nothing of ${mails === 1 ? 'it' : 'them'}. See: fulfillment mail status. It stays until it has, or this is acknowledged.`,
  data: { audience },
});

export const silenceRule = 'mail_reports_silent';

/** Nothing is heard from a place, though there must be something to be told. */
export function silenceAlert({ place, kind, lastAt, awaiting }: HeardStanding): AlertToKeep {
  const last = lastAt === null ? 'ever' : `since ${timeText(lastAt)}`;
  const what =
    kind === 'reports'
      ? `No delivery report of ${place} has come ${last}`
      : `Nobody has looked for what becomes of mails in ${place} ${last}`;
  const mend =
    kind === 'reports'
      ? `Look at ${place} whether its webhook is on and reaches /webhooks/mail/${place}.`
      : 'Look whether a worker runs with it configured: fulfillment doctor.';
  return {
    rule: silenceRule,
    scope: place,
    severity,
    summary: `${what}, though ${aboutSoMany(awaiting)} mails wait for word of them: bounces go unnoticed. ${mend}`,
    data: { audience, place },
  };
}

const timeText = (at: Date) => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
