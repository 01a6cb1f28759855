import { type JobState, reachableSteps, statusOf, type StepStatus } from './job.ts';
import type { Plan } from './plan.ts';
import { clause, kindText, passingTime, reasonText, undoneText } from './troubleWords.ts';

export interface VerdictEffect {
  step: string;
  effectKey: string;
  state: string;
  attempts: number;
  dueAt: Date | null;
  reason: string | null;
}

/** What is known of a job, as far as one sentence about it needs. */
export interface VerdictFacts {
  kind: string;
  state: JobState;
  reason: string | null;
  failedStep: string | null;
  /** A mail was accepted, and nothing proves it yet. */
  mailUnproven: boolean;
  heldAt: Date | null;
  finishedAt: Date | null;
  plan: Plan;
  steps: ReadonlyMap<string, StepStatus>;
  effects: readonly VerdictEffect[];
  payment: { paid: boolean; takenBack: boolean } | null;
  /** `R-2026/000004` */
  receiptNumber: string | null;
  receiptSent: boolean;
  /** Why every mail with the receipt came back; null when one has not, or there was none. */
  receiptBounced: string | null;
  storedFiles: number;
  /** Lines of the order. */
  lines: number;
  /** What was told last of why a step, or one of its effects, is not done; null when nothing was. */
  told(step: string, effectKey: string | null, reason: string): string | null;
  /** The other jobs of the payment. */
  besides: ReadonlyArray<{ kind: string; state: JobState; reason: string | null }>;
  /** A worker has it in hand just now. */
  leased: boolean;
  /** When it is next due; null when nothing can move by itself. */
  dueAt: Date | null;
  /** When its buyer was forgotten. */
  forgottenAt: Date | null;
  now: Date;
}

/** One plain sentence for whoever has the buyer on the line: what they have, what they lack, why, and what comes next. */
export function orderVerdict(facts: VerdictFacts): string {
  if (facts.forgottenAt !== null)
    return `The buyer was forgotten on ${dayOf(facts.forgottenAt)}: of this order only its numbers are left.`;
  const { receiptBounced: why } = facts;
  const bounced = why === null ? null : `the mail with the receipt came back: ${why}`;
  return `${capital(joined(sentenceOf(facts), bounced, ...facts.besides.map(besideText)))}.`;
}

const dayOf = (moment: Date) => moment.toISOString().slice(0, 10);

function sentenceOf(facts: VerdictFacts): string {
  const { state, now } = facts;
  switch (state) {
    case 'open': {
      const trouble = openTrouble(facts);
      return joined(standing(facts, trouble), trouble ? troubleText(facts, trouble) : whenDue(facts));
    }
    case 'blocked': {
      const trouble = mainTrouble(facts);
      const again =
        facts.dueAt && !facts.leased ? ` and looks again at ${passingTime(facts.dueAt, now)}` : '';
      return joined(standing(facts, trouble), whatAndWhy(facts, trouble), `it waits for a person${again}`);
    }
    case 'held': {
      const by = facts.reason === null || facts.reason === 'held_by_staff' ? ' by staff' : '';
      const since = facts.heldAt ? ` since ${passingTime(facts.heldAt, now)}` : '';
      const why = by === '' && facts.reason !== null ? ` (${reasonText(facts.reason)})` : '';
      const trouble = openTrouble(facts);
      const left = trouble ? undoneOf(facts, trouble) : null;
      return `held${by}${since}${why} and left alone until it is released: ${joined(standing(facts, trouble), left)}`;
    }
    case 'failed': {
      const trouble = mainTrouble(facts);
      const what = whatAndWhy(facts, trouble);
      return joined(
        standing(facts, trouble),
        what,
        'it has failed, and nothing more happens until it is retried',
      );
    }
    case 'completed':
      return completedText(facts);
    case 'cancelled': {
      const by = facts.reason === null || facts.reason === 'cancelled_by_staff';
      const at = facts.finishedAt ? ` at ${passingTime(facts.finishedAt, now)}` : '';
      const why = by || facts.reason === null ? ' by staff' : ` (${reasonText(facts.reason)})`;
      return joined(`cancelled${why}${at}: ${standing(facts, null)}`, 'nothing more is done for it');
    }
  }
}

const joined = (...parts: Array<string | null>) =>
  parts.filter((part) => part !== null && part !== '').join('; ');
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

type Beside = VerdictFacts['besides'][number];

/** Of these a payment has one each, so that it stands as it is; of what was asked for by people a later one may do. */
const besidesWords: Readonly<Record<string, string>> = {
  fulfil: 'the order itself is not done',
  settle: 'what a refund or dispute takes is not settled',
};

/** Another job of the same order that asks a person, or has given up: the order is not done while it does. */
function besideText({ kind, state, reason }: Beside): string | null {
  const what = Object.hasOwn(besidesWords, kind) ? besidesWords[kind] : undefined;
  if (what === undefined || (state !== 'blocked' && state !== 'failed')) return null;
  const why = reason === null ? '' : ` (${reasonText(reason)})`;
  return `${what}${why}: ${state === 'blocked' ? 'that waits for a person' : 'that has failed, and nothing more happens to it until it is retried'}`;
}

/** What holds it up: a step, and those of its effects that are meant. */
interface Trouble {
  step: string;
  status: StepStatus;
  effects: VerdictEffect[];
}

const isStuck = ({ state, attempts, reason }: Pick<VerdictEffect, 'state' | 'attempts' | 'reason'>) =>
  state === 'blocked' || state === 'failed' || attempts > 0 || reason !== null;

function troubleOf(facts: VerdictFacts, step: string): Trouble {
  const status = statusOf(facts.steps, step);
  const left = facts.effects.filter((effect) => effect.step === step && effect.state !== 'done');
  // Of what is not done, what has met an obstacle is meant before what is only not tried yet; the worst first.
  const alike = left.filter(({ state }) => state === status.state);
  const stuck = left.filter(isStuck);
  return { step, status, effects: alike.some(isStuck) && status.state !== 'waiting' ? alike : stuck };
}

/** Of an open or held job: the first step that holds it up and has met an obstacle, or is next. */
function openTrouble(facts: VerdictFacts): Trouble | null {
  const reachable = reachableSteps(facts.plan, facts.steps).filter((step) => step.holds);
  const next = reachable.find((step) => isStuck(statusOf(facts.steps, step.name))) ?? reachable[0];
  return next ? troubleOf(facts, next.name) : null;
}

/** Of a blocked or failed job: the step that its state names. */
function mainTrouble(facts: VerdictFacts): Trouble | null {
  const { plan, steps, state, failedStep } = facts;
  const blocked = reachableSteps(plan, steps).find(
    (step) => step.holds && statusOf(steps, step.name).state === 'blocked',
  );
  const name = state === 'blocked' ? blocked?.name : failedStep;
  return name === null || name === undefined ? openTrouble(facts) : troubleOf(facts, name);
}

/** What the buyer and the shop have so far. */
function standing(facts: VerdictFacts, trouble: Trouble | null): string {
  const { payment, receiptNumber, receiptSent } = facts;
  const isOrder = facts.kind === 'fulfil' || facts.kind === 'settle';
  const what = isOrder && payment ? paidText(payment) : kindText(facts.kind);
  if (receiptNumber === null || !isOrder) return what;
  // Where the mail is what is wrong, that is said by itself.
  const saidApart = trouble?.step === 'email' || facts.state === 'completed';
  const notSent = saidApart ? '' : ` and not sent${facts.state === 'cancelled' ? '' : ' yet'}`;
  return `${what}, receipt ${receiptNumber} ${receiptSent ? 'sent' : `issued${notSent}`}`;
}

function paidText({ paid, takenBack }: NonNullable<VerdictFacts['payment']>): string {
  if (!paid) return 'not paid';
  return takenBack ? 'paid and taken back' : 'paid';
}

function undoneOf(facts: VerdictFacts, { step, status, effects }: Trouble): string {
  const unknown =
    status.reason === outcomeUnknown ||
    effects.some(({ state }) => state === 'unknown' || state === 'intended');
  return undoneText(step, {
    effects: effects.map(({ effectKey }) => effectKey),
    lines: facts.lines,
    unknown,
  });
}

/** A mail whose provider cannot be asked (src/mail/sending.ts). */
const outcomeUnknown = 'mail_outcome_unknown';

function whyOf(facts: VerdictFacts, { step, status, effects }: Trouble): string | null {
  const [effect] = effects;
  const reason = effect?.reason ?? status.reason ?? (facts.state === 'open' ? null : facts.reason);
  if (reason === null) return null;
  const told = facts.told(step, effect?.effectKey ?? null, reason);
  return told === null ? reasonText(reason) : clause(told);
}

function whatAndWhy(facts: VerdictFacts, trouble: Trouble | null): string {
  const why = trouble ? whyOf(facts, trouble) : facts.reason && reasonText(facts.reason);
  const what = trouble ? undoneOf(facts, trouble) : 'something is not done';
  return why ? `${what}: ${why}` : what;
}

/** Of work that goes on by itself. */
function troubleText(facts: VerdictFacts, trouble: Trouble): string {
  const { status, effects } = trouble;
  const tried = isStuck(status) || effects.length > 0;
  const why = tried ? whyOf(facts, trouble) : null;
  const what = `${undoneOf(facts, trouble)}${tried ? '' : ' yet'}`;
  const when = whenDue(facts, tried);
  return why ? `${what}: ${why}, ${when}` : `${what}, ${when}`;
}

/** A worker takes up what is due within moments; later than this, none is there. */
const overdueMs = 60_000;

function whenDue({ leased, dueAt, now }: VerdictFacts, tried = false): string {
  if (leased) return 'a worker is at it now';
  if (dueAt === null) return 'nothing is due';
  const inMs = dueAt.getTime() - now.getTime();
  if (inMs < -overdueMs) return `was due at ${passingTime(dueAt, now)} and no worker has taken it`;
  const verb = tried ? 'tries again' : 'is tried';
  if (inMs <= 0) return tried ? 'is due now' : 'it is due now';
  return inMs < 60_000 ? `${verb} within a minute` : `${verb} at ${passingTime(dueAt, now)}`;
}

function completedText(facts: VerdictFacts): string {
  const { plan, steps, storedFiles, finishedAt, now } = facts;
  const mail = statusOf(steps, 'email');
  const notSent =
    mail.state === 'skipped' && mail.reason ? `the mail was not owed: ${reasonText(mail.reason)}` : null;
  const files = storedFiles > 0 ? `, ${storedFiles} file${storedFiles > 1 ? 's' : ''} stored` : '';
  // While something else of the order asks for a person, only its own job is done.
  const isLast = facts.besides.every((beside) => besideText(beside) === null);
  const how = isLast ? 'all done' : facts.kind === 'fulfil' ? 'fulfilled' : 'done';
  const done = `, ${how}${finishedAt ? ` at ${passingTime(finishedAt, now)}` : ''}`;
  const owed = plan.steps.filter(
    ({ name, holds }) => !holds && !['done', 'skipped'].includes(statusOf(steps, name).state),
  );
  const later = owed.map(({ name }) => {
    const { state } = statusOf(steps, name);
    return `${undoneText(name, { effects: [], lines: 0, unknown: false })}${state === 'waiting' ? ' yet' : ''}, which holds up nothing`;
  });
  const unproven = facts.mailUnproven ? 'nothing proves yet that the mail was taken for good' : null;
  return joined(`${standing(facts, null)}${files}${done}`, notSent, unproven, ...later);
}
