import type { MailerCapabilities } from '../ports/mailer.ts';
import type { WhenUnknown } from './settleUnanswered.ts';

/** What is configured for a mail of which nobody can say whether it was taken; `by_kind`: some are repeated, some held. */
export type UnknownPolicy = WhenUnknown | 'by_kind';

/**
 * `unproven`: whether a mail that was accepted was sent at all, nobody can say. `told`: its answer proves nothing, and
 * its news do.
 */
export type GuaranteeStrength =
  'exactly_once' | 'at_least_once' | 'at_most_once' | 'by_kind' | 'told' | 'unproven';

/** What may truthfully be promised of mails through one provider. Clauses, without a full stop. */
export interface Guarantee {
  strength: GuaranteeStrength;
  /** What the provider does for each mail. */
  promise: string;
  /** What becomes of a mail whose answer was lost. */
  unknown: string;
}

/**
 * What the protocol (`sending.ts`, `settleUnanswered.ts`) makes of what a provider is capable of. For a provider that
 * neither drops repeats nor can be asked, at least once and at most once cannot both hold: between the last byte and
 * the answer there is always a moment in which nobody knows.
 */
export function guaranteeOf(capabilities: MailerCapabilities, policy: UnknownPolicy): Guarantee {
  const promised = capabilities.acceptanceDurable
    ? ofDurable(capabilities, policy)
    : ofForgetful(capabilities, policy);
  return { ...promised, unknown: unknownOf(capabilities, policy) };
}

type Promised = Pick<Guarantee, 'strength' | 'promise'>;

function ofDurable(capabilities: MailerCapabilities, policy: UnknownPolicy): Promised {
  const { dedupe, lookup, lookupLagMs } = capabilities;
  if (dedupe) return { strength: 'exactly_once', promise: remembered({ ...capabilities, dedupe }, policy) };
  if (lookup === 'none') return byPolicy[policy];
  return {
    strength: 'exactly_once',
    promise: `accepted exactly once, or ${heldAfter[policy]}, where a mail that was taken is found within ${spanText(lookupLagMs)}${late[policy]}`,
  };
}

type Remembering = MailerCapabilities & { dedupe: NonNullable<MailerCapabilities['dedupe']> };

/** What its memory makes of repeats. */
function remembered({ dedupe, lookup }: Remembering, policy: UnknownPolicy): string {
  const isHeld = lookup === 'none' || policy === 'hold';
  const later = isHeld
    ? 'what is older is held for a person, so there is no double'
    : 'what is older is looked for, and when it is not found there is at most one double, on record';
  // One that looks and then acts.
  const apart =
    dedupe.repeatAfterMs > 0
      ? `; a first attempt that it has not worked off when the repeat comes, ${spanText(dedupe.repeatAfterMs)} later or more, may become a double that is not on record, unless it honours our idempotency key`
      : '';
  return `accepted exactly once where a lost answer is settled within ${spanText(dedupe.windowMs)}; ${later}${apart}`;
}

const heldAfter: Readonly<Record<UnknownPolicy, string>> = {
  repeat: 'held for a person after a second lost answer',
  hold: 'held for a person after a lost answer',
  by_kind: 'held for a person after a lost answer, or a second one, as is configured for its kind',
};
const late: Readonly<Record<UnknownPolicy, string>> = {
  repeat: '; where it is found later, at most one double, on record',
  hold: '; there is no double',
  by_kind: '; where it is found later, at most one double of kinds that are repeated, on record',
};

const byPolicy: Readonly<Record<UnknownPolicy, Promised>> = {
  repeat: {
    strength: 'at_least_once',
    promise:
      'at least once: a lost answer leads to at most one double, with the same Message-ID and bytes, which is on record before it can happen; a second lost answer is held for a person',
  },
  hold: {
    strength: 'at_most_once',
    promise: 'at most once: after a lost answer the mail is held for a person',
  },
  by_kind: {
    strength: 'by_kind',
    promise:
      'at least once for kinds of mail that are repeated after a lost answer, with at most one double on record; at most once for kinds that are held',
  },
};

/** Its positive answer may still be lost with its memory. */
function ofForgetful(capabilities: MailerCapabilities, policy: UnknownPolicy): Promised {
  const { dedupe, lookup, lookupLagMs, deliveryEvents } = capabilities;
  if (deliveryEvents === 'all') {
    const accepted = dedupe
      ? remembered({ ...capabilities, dedupe }, policy)
      : ofDurable({ ...capabilities, acceptanceDurable: true }, policy).promise;
    return {
      strength: 'told',
      promise: `${accepted}; what it loses behind its answer is not sent again, and is reported, because its news prove each mail`,
    };
  }
  if (lookup !== 'none') {
    const lag = spanText(lookupLagMs);
    if (policy === 'hold')
      return {
        strength: 'at_most_once',
        promise: `at most once: a mail counts once it is found, and is held for a person when it is not found within ${lag}`,
      };
    const kinds = policy === 'by_kind' ? ' if its kind is repeated, and is held for a person if not' : '';
    return {
      strength: policy === 'by_kind' ? 'by_kind' : 'at_least_once',
      promise: `at least once, or held for a person: a mail counts once it is found, and goes again once when it is not found within ${lag}${kinds}; at most one double, on record; what is not found then either is held for a person`,
    };
  }
  return {
    strength: 'unproven',
    promise: `accepted, unproven: ${dropped(dedupe)}neither at least once nor at most once can be proven, for what is accepted may be lost behind the answer`,
  };
}

function dropped(dedupe: MailerCapabilities['dedupe']): string {
  if (!dedupe) return '';
  const within = spanText(dedupe.windowMs);
  return dedupe.repeatAfterMs > 0
    ? `no double within ${within} where the first attempt is worked off when the repeat comes; but `
    : `no double within ${within}, but `;
}

function unknownOf(capabilities: MailerCapabilities, policy: UnknownPolicy): string {
  const { dedupe, lookup, lookupLagMs, deliveryEvents } = capabilities;
  const steps: string[] = [];
  if (dedupe) {
    const wait = dedupe.repeatAfterMs > 0 ? `, ${spanText(dedupe.repeatAfterMs)} apart or more` : '';
    steps.push(`for ${spanText(dedupe.windowMs)} repeated with the same key and bytes${wait}`);
  }
  if (lookup !== 'none') {
    const lag = spanText(lookupLagMs);
    return [...steps, `looked for; when not found within ${lag} ${endOf[policy]}`].join(then);
  }
  if (deliveryEvents === 'all') steps.push(`for ${spanText(newsAwaitedMs)} its news are awaited`);
  return [...steps, dedupe ? 'held for a person' : endOf[policy]].join(then);
}

const then = '; then ';
/** As `sending.ts` has it unless it is told otherwise. */
const newsAwaitedMs = 15 * 60_000;

const endOf: Readonly<Record<UnknownPolicy, string>> = {
  repeat: 'repeated once, as an ambiguity on record; after a second lost answer held for a person',
  hold: 'held for a person',
  by_kind: 'repeated once or held for a person, as is configured for its kind',
};

export interface GuaranteedMailer {
  name: string;
  capabilities: MailerCapabilities;
}

/** One sentence about a whole set, the preferred provider first. */
export function guaranteeOfAll(mailers: readonly GuaranteedMailer[], policy: UnknownPolicy): string {
  const clauses = mailers.map(({ name, capabilities }, at) => {
    const { promise } = guaranteeOf(capabilities, policy);
    return at === 0
      ? `Through ${name} each mail is ${promise}`
      : `where ${name} takes over, it is ${promise}`;
  });
  return `${clauses.join('; ')}.`;
}

/** `23 h`, `15 min`, `60 s`: the largest unit in which it is a whole number above one. */
export function spanText(ms: number): string {
  const units = [
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ] as const;
  const [unit, unitMs] = units.find(([, size]) => ms % size === 0 && ms > size) ?? ['s', 1_000];
  return `${ms / unitMs} ${unit}`;
}
