import type { TelemetryEvent } from '../ports/telemetry.ts';
import { count, duration, flag, id, list, number, text, word, type Field } from './fields.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type EventName = TelemetryEvent['name'];
export type EventOf<Name extends EventName> = Extract<TelemetryEvent, { name: Name }>;

/** What says where in a trace a fact belongs; lines have it as `trace_id` and `span_id`. */
export const forTraces = ['traceparent', 'traceContext', 'leaseToken'] as const;
type ForTraces = (typeof forTraces)[number];

export interface Entry<Name extends EventName> {
  level: LogLevel;
  /** What makes it louder or quieter than that: in words for people, and as a rule. */
  unless?: { words: string; level(event: EventOf<Name>): LogLevel | undefined };
  means: string;
  /** All that is written of it. A fact may have more fields than its line: what is not named here is not written. */
  fields: Record<Exclude<keyof EventOf<Name>, 'name' | ForTraces>, Field>;
}

const jobId = id('The job.');
const jobKind = word('Kind of the job.');
const attempt = count('Which attempt, from 1.');
const worker = id('Name of the worker process.');
const again = duration('Until the next try, in milliseconds.');
const provider = word('The provider.');
const reason = word('Why, as a code.');
const during = text('What was being done.');
const error = text('Class and code of the error, without its message.');
const latency = number('From acceptance to the end, in seconds.');
const slaMet = flag('Whether it was within its deadline.');
const tookMs = duration('How long it took, in milliseconds.');

const loudWebhooks = new Set(['refused', 'quarantined', 'conflict', 'unavailable']);

/** Every line that the log can hold. What is not here does not compile, and is not written. */
export const catalogue: { [Name in EventName]: Entry<Name> } = {
  'webhook.answered': {
    level: 'debug',
    unless: {
      words: 'warn when refused, quarantined, in conflict or not available',
      level: ({ outcome }) => (loudWebhooks.has(outcome) ? 'warn' : undefined),
    },
    means: 'A webhook of Stripe was answered.',
    fields: {
      outcome: word('What became of it.'),
      type: word("Stripe's name of the event; null when it could not be read."),
      eventId: id("Stripe's id of the event; null when it could not be read."),
      durationMs: tookMs,
      lagSeconds: number('From the time that Stripe gives the event to its receipt, in seconds.'),
    },
  },
  'checkout.answered': {
    level: 'debug',
    means: 'A page after a checkout was told how far its purchase has come.',
    fields: { outcome: word('How far.'), durationMs: tookMs },
  },
  'job.accepted': {
    level: 'info',
    means: 'A payment has become a job; after COMMIT.',
    fields: { jobId, eventId: id('The event that brought it.'), door: word('webhook or checkout.') },
  },
  'job.claimed': {
    level: 'debug',
    means: 'A worker has taken a job into its hands.',
    fields: {
      jobId,
      kind: jobKind,
      first: flag('Whether for the first time.'),
      waitSeconds: number('Since its acceptance, in seconds.'),
    },
  },
  'job.released': { level: 'debug', means: 'A worker has let go of a job.', fields: { jobId } },
  'step.attempted': {
    level: 'debug',
    unless: {
      words: 'warn when failed or blocked, info when it is tried again',
      level: ({ outcome }) =>
        outcome === 'failed' || outcome === 'blocked' ? 'warn' : outcome === 'retry' ? 'info' : undefined,
    },
    means: 'One attempt of a step is over.',
    fields: {
      jobId,
      step: word('The step.'),
      outcome: word('How it ended.'),
      attempt,
      durationMs: tookMs,
      reason,
    },
  },
  'provider.called': {
    level: 'debug',
    means: 'A step has called a provider.',
    fields: {
      jobId,
      step: word('The step.'),
      provider,
      call: word('read: ask for something; find: look whether it is there; make: have it made.'),
      outcome: word('answered, or the kind of fault.'),
      durationMs: tookMs,
    },
  },
  'job.completed': {
    level: 'info',
    means: 'All that a job owes the buyer is done.',
    fields: { jobId, kind: jobKind, latencySeconds: latency, slaMet },
  },
  'job.failed': {
    level: 'error',
    means: 'A job has failed for good; somebody has to look at it.',
    fields: {
      jobId,
      kind: jobKind,
      step: word('The step that failed.'),
      reason,
      latencySeconds: latency,
      slaMet,
    },
  },
  'job.sla_breached': {
    level: 'warn',
    means: 'The time of an order is over and it is not done, or it has failed. Told once for each.',
    fields: { jobId },
  },
  'job.blocked': {
    level: 'warn',
    means: 'A job waits for a person or a fact.',
    fields: { jobId, reason },
  },
  'job.held': {
    level: 'info',
    means: 'A switch that is set for all stops a job; its clock stands.',
    fields: { jobId, reason },
  },
  'job.cancelled': {
    level: 'warn',
    means: 'A job is given up before its work was done.',
    fields: { jobId, reason },
  },
  'lease.lost': {
    level: 'warn',
    means: 'This process may not write for a job any more; another one goes on with it.',
    fields: { jobId, worker },
  },
  'job.taken_over': {
    level: 'warn',
    means: 'A job was taken over from a worker that gave no sign of life.',
    fields: { jobId, worker: id('Who has taken it over.') },
  },
  'record.split': {
    level: 'error',
    unless: {
      words: 'warn when others were in the way',
      level: ({ passing }) => (passing ? 'warn' : undefined),
    },
    means: 'Results could not be written together; halves of them are tried, until the culprit stands alone.',
    fields: {
      size: count('How many jobs were in it.'),
      error,
      passing: flag('Whether others were in its way again and again, and it will pass.'),
    },
  },
  'provider.circuit': {
    level: 'info',
    unless: {
      words: 'warn when opened',
      level: ({ change }) => (change === 'opened' ? 'warn' : undefined),
    },
    means: "A provider's circuit breaker changed; told by the worker that brought it about.",
    fields: {
      provider,
      change: word('opened, half_open or closed.'),
      failures: count('Counted in the window that led to it.'),
      successes: count('Counted in the same window.'),
      openings: count('How often it opened without closing in between.'),
    },
  },
  'mail.ambiguous': {
    level: 'warn',
    means: 'A mail is sent again after an attempt that had no answer.',
    fields: { jobId, logicalKey: id('Which mail.'), provider },
  },
  'mail.gate': {
    level: 'warn',
    means: 'All mail is held until a person lets it go.',
    fields: {
      change: word('closed.'),
      why: word('What has closed it.'),
      mailsInHour: count('Mails of the last hour.'),
      pastInHour: count('Those among them about old purchases.'),
    },
  },
  'mail.evidence': {
    level: 'debug',
    means: 'Something was heard of mails that were handed over.',
    fields: {
      source: word('Where it was heard.'),
      kind: word('What was heard.'),
      count: count('Of how many mails.'),
    },
  },
  'mail.evidence_expired': {
    level: 'info',
    means: 'Evidence waited in vain for its mails, and was dropped.',
    fields: { count: count('How many pieces.') },
  },
  'mail.report_refused': {
    level: 'warn',
    means: 'A delivery report was not taken: not signed by the provider, or of a shape we do not know.',
    fields: { provider, outcome: word('refused or unreadable.'), reason },
  },
  'mail.source_failed': {
    level: 'warn',
    means: 'A place where evidence is looked for could not be read.',
    fields: {
      source: word('The place.'),
      reason,
      failingForMs: duration('How long this has been so, in milliseconds.'),
      againInMs: again,
    },
  },
  'mode.shadow': {
    level: 'warn',
    means: 'The mode that is set for the process holds all mail.',
    fields: {},
  },
  'download.answered': {
    level: 'debug',
    means: 'A download link was followed.',
    fields: { outcome: word('What was answered.'), reason },
  },
  'download.finished': {
    level: 'debug',
    means: 'A download of a buyer is whole, however many requests it took.',
    fields: { entitlementId: id('The right to the book.'), format: word('pdf or epub.') },
  },
  'entitlement.claim_initiated': {
    level: 'info',
    means: 'A mail goes out by which what a guest bought can be claimed.',
    fields: { profileId: id('The profile.'), way: word('mail_code or reminder.') },
  },
  'account.not_invited': {
    level: 'warn',
    means: 'A guest was reminded without the invitation to an account.',
    fields: { reason },
  },
  'entitlement.claim_success': {
    level: 'info',
    means: 'Somebody has taken what a guest bought into their account.',
    fields: { profileId: id('The profile.'), ebooks: count('How many books.') },
  },
  'staff.signed_in': {
    level: 'info',
    means: 'Staff has come in by the browser.',
    fields: { sessionId: id('The session: its public id, never its token.') },
  },
  'staff.refused': {
    level: 'info',
    means: 'Somebody who wanted in as staff was turned away.',
    fields: { door: word('bearer, session or sign_in.'), reason },
  },
  'staff.no_way_in': {
    level: 'warn',
    means: 'No identity provider is configured for staff: the admin API is not there.',
    fields: {},
  },
  'worker.started': {
    level: 'info',
    means: 'A worker begins to take jobs.',
    fields: { worker, planKeys: list('The plans it knows.') },
  },
  'worker.stopped': {
    level: 'info',
    means: 'A worker has stopped.',
    fields: { worker, handedBack: count('Jobs that others go on with.') },
  },
  'worker.hung': {
    level: 'error',
    means: "A worker's event loop stood still for so long that its leases were left to end.",
    fields: { worker, silentMs: duration('For how long, in milliseconds.') },
  },
  'lease_keeper.ended': {
    level: 'error',
    means: "The thread that extends this worker's leases is gone; another one is started.",
    fields: { worker, error, startsAgainInMs: again },
  },
  'listen.deaf': {
    level: 'warn',
    means: 'LISTEN hears nothing, probably because of a transaction pooler: polling alone finds new work.',
    fields: {},
  },
  'listen.heard': {
    level: 'info',
    means: 'LISTEN hears again.',
    fields: { deafForMs: duration('How long it did not, in milliseconds.') },
  },
  'catch_up.started': {
    level: 'info',
    means: 'Catching up begins: a paid order is found within so long, even if no webhook comes.',
    fields: {
      boundSeconds: number('Within how many seconds.'),
      intervalSeconds: number('How often Stripe is asked, in seconds.'),
    },
  },
  'catch_up.round': {
    level: 'debug',
    means: "Stripe's events were read.",
    fields: {
      whole: flag('Whether to the end of what there was.'),
      seen: count('Events that were read.'),
      found: count('Those that no other door had brought.'),
      calls: count('Calls of Stripe.'),
      durationMs: tookMs,
      sinceSeconds: number('How far back reading began, in seconds.'),
    },
  },
  'catch_up.found': {
    level: 'info',
    means: 'Something was found that no other door had brought.',
    fields: {
      door: word('poller or sweep.'),
      outcome: word('What became of it.'),
      jobId: id('The job; null when none was made.'),
      eventId: id('The event; null when it was found as a sale.'),
    },
  },
  'catch_up.swept': {
    level: 'info',
    means: 'A page of a sweep over sales is done.',
    fields: {
      sweepId: id('The sweep.'),
      kind: word('What is swept for.'),
      part: word('Which list of Stripe.'),
      finished: flag('Whether it was the last page.'),
      known: count('Sales that were known.'),
      fulfilled: count('Sales that are fulfilled now.'),
      adopted: count('Old sales that were recorded.'),
      settled: count('Sales whose refunds or disputes are looked at.'),
      leftOut: count('Sales that are not ours.'),
    },
  },
  'catch_up.failed': {
    level: 'warn',
    means: 'A duty of catching up failed; it is tried again.',
    fields: { during, reason, againInMs: again },
  },
  'alert.changed': {
    level: 'warn',
    means: 'An alert was opened or resolved.',
    fields: {
      change: word('opened or resolved.'),
      rule: word('The rule.'),
      scope: id('What it is about: an order, a provider, a mailbox; may be empty.'),
      severity: word('page or ticket.'),
    },
  },
  'alert.delivered': {
    level: 'info',
    unless: {
      words: 'warn when it failed',
      level: ({ result }) => (result === 'failed' ? 'warn' : undefined),
    },
    means: 'People were told of an alert, or could not be: it is tried again.',
    fields: {
      channel: word('pagerduty or slack.'),
      kind: word('What they were told.'),
      result: word('delivered or failed.'),
      reason,
    },
  },
  'dead_man.beat': {
    level: 'debug',
    unless: {
      words: 'warn when it failed or was withheld',
      level: ({ result }) => (result === 'delivered' ? undefined : 'warn'),
    },
    means: 'Outside was told that all is well, or not, so that outside may ring.',
    fields: { result: word('delivered, failed or withheld.'), reason },
  },
  'traces.not_exported': {
    level: 'warn',
    means: 'The collector did not take traces; told once a minute at most.',
    fields: { lost: count('Spans that were lost since the last time.'), error },
  },
  'sentinel.started': {
    level: 'info',
    means: 'The sentinel begins to look.',
    fields: { channels: list('Ways on which people are told.') },
  },
  'sentinel.stopped': { level: 'info', means: 'The sentinel has stopped.', fields: {} },
  'sentinel.blind': {
    level: 'error',
    means: 'The sentinel cannot ask the database, and tells people without it.',
    fields: { forMs: duration('For how long, in milliseconds.') },
  },
  'database.unavailable': {
    level: 'error',
    means: 'The database could not be reached; it is tried again.',
    fields: { during, error },
  },
  'unexpected.error': {
    level: 'error',
    means: 'An error that nobody foresaw: a bug of ours, or a provider that changed.',
    fields: { during, error, stack: text('Where it happened, the innermost frame first.') },
  },
};

/** How loud an event is. */
export function levelOf<Name extends EventName>(event: EventOf<Name> & { name: Name }): LogLevel {
  const entry: Entry<Name> = catalogue[event.name];
  return entry.unless?.level(event) ?? entry.level;
}
