import type { MailerCapabilities } from '../ports/mailer.ts';
import type { WhenUnknown } from './settleUnanswered.ts';

/** What is configured for a mail of which nobody can say whether it was taken; `by_kind`: some are repeated, some held. */
export type UnknownPolicy = WhenUnknown | 'by_kind';

/** `unproven`: whether a mail that was accepted was sent at all, nobody can say. */
export type GuaranteeStrength = 'exactly_once' | 'at_least_once' | 'at_most_once' | 'by_kind' | 'unproven';

/** What may truthfully be promised of mails through one provider. Clauses, without a full stop. */
export interface Guarantee {
  strength: GuaranteeStrength;
  /** What the provider does for each mail. */
  promise: string;
  /** What becomes of a mail whose answer was lost. */
  unknown: string;
  /** What is heard of a mail after it was accepted. */
  heard: string;
}

/**
 * What the protocol (`sending.ts`, `settleUnanswered.ts`) makes of what a provider is capable of. For a provider that
 * neither drops repeats nor can be asked, at least once and at most once cannot both hold: between the last byte and
 * the answer there is always a moment in which nobody knows.
 */
export function guaranteeOf(capabilities: MailerCapabilities, policy: UnknownPolicy): Guarantee {
  return {
    ...(capabilities.acceptanceDurable ? ofDurable(capabilities, policy) : ofForgetful(capabilities)),
    unknown: unknownOf(capabilities, policy),
    heard: heardOf(capabilities),
  };
}

type Promised = Pick<Guarantee, 'strength' | 'promise'>;

function ofDurable({ dedupe, lookup, lookupLagMs }: MailerCapabilities, policy: UnknownPolicy): Promised {
  if (dedupe) {
    const later =
      lookup === 'none'
        ? 'what is older is held for a person, so there is no double'
        : 'after that at most one double, on record';
    const within = spanText(dedupe.windowMs);
    // One that looks and then acts: our lease keeps attempts apart, but for a worker that goes on after it has lost it.
    const apart =
      dedupe.repeatAfterMs > 0
        ? '; only repeats at the same moment, by a worker that has lost its lease, may double'
        : '';
    return {
      strength: 'exactly_once',
      promise: `accepted exactly once where a lost answer is settled within ${within}; ${later}${apart}`,
    };
  }
  if (lookup !== 'none') {
    return {
      strength: 'exactly_once',
      promise: `accepted exactly once where a mail that was taken is found within ${spanText(lookupLagMs)}; where it is found later, at most one double, on record`,
    };
  }
  return byPolicy[policy];
}

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
function ofForgetful({ dedupe, lookup, lookupLagMs }: MailerCapabilities): Promised {
  if (lookup !== 'none') {
    return {
      strength: 'at_least_once',
      promise: `at least once: a mail counts once it is found, and goes again once when it is not found within ${spanText(lookupLagMs)}; at most one double, on record; what is not found then either is held for a person`,
    };
  }
  const doubles = dedupe ? `no double within ${spanText(dedupe.windowMs)}, but ` : '';
  return {
    strength: 'unproven',
    promise: `accepted, unproven: ${doubles}neither at least once nor at most once can be proven, for what is accepted may be lost behind the answer`,
  };
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

const heardOf = ({ deliveryEvents }: MailerCapabilities): string =>
  ({
    all: 'that it was delivered, and that it came back',
    failures: 'that it came back',
    none: 'nothing',
  })[deliveryEvents];

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
