import { Fault, toFault } from '../domain/fault.ts';
import { routeOf } from '../domain/mailRouting.ts';
import type { Clock } from '../ports/clock.ts';
import type { DrillHearing, DrillResult, MailDrill } from '../ports/mailDrill.ts';
import type { Acceptance, Mailer, OutgoingMail } from '../ports/mailer.ts';
import type { Random } from '../ports/random.ts';
import { composeTestMail } from './testMail.ts';

export interface OutageDrillOptions {
  /** Mailers of this drill alone, the preferred one first; they are closed after it. */
  open(): { mailers: readonly Mailer[]; close(): void };
  from: { name: string; address: string };
  clock: Clock;
  random: Pick<Random, 'bytes'>;
  /** What staff can do about a fault. */
  remedyOf(provider: string, fault: Fault): string;
  /** What staff can do about a provider whose word does not last, where nothing has shown the mail. */
  proverOf(mailer: Mailer): string;
  /** What was told of a mail. */
  hearing: DrillHearing;
  /** For the answer to one mail. Default 15 s. */
  timeoutMs?: number;
  /** How long a mail is looked for, from its sending on. Default 25 s: whoever asks waits for the answer. */
  lookForMs?: number;
  /** How often a mail is looked for. Default 1 s. */
  lookEveryMs?: number;
}

type Outcome = Omit<DrillResult, 'without' | 'provider'>;

/** For composing, closing and a machine that is busy. */
const slackMs = 15_000;

/**
 * Plays the outage of every provider: for each, as if all before it were out, it is found out through which a mail would
 * go, and one is really sent. All at the same time, since each is a mail of its own. A mail counts as accepted by an
 * answer that lasts, or when a look-up has found it; anything less is told as what it is.
 */
export function createOutageDrill(options: OutageDrillOptions): MailDrill {
  const { clock, timeoutMs = 15_000, lookForMs = 25_000, lookEveryMs = 1_000 } = options;

  /** What shows of a mail that was taken in a way that may be lost, or of which nobody knows. */
  async function proofOf(mailer: Mailer, { messageId }: OutgoingMail, deadline: AbortSignal) {
    const { find, capabilities } = mailer;
    const tellsAll = capabilities.deliveryEvents === 'all';
    while ((find || tellsAll) && !deadline.aborted) {
      // Where all is told, a mail that the provider knows of is not yet one that has left it.
      const told = tellsAll ? await options.hearing.heardOf(messageId).catch(() => undefined) : undefined;
      if (told === 'came_back') return 'came_back';
      if (told === 'taken') return 'report';
      if (!tellsAll && (await find?.(messageId, deadline).catch(() => undefined))) return 'journal';
      await clock.sleep(lookEveryMs, deadline);
    }
    return undefined;
  }

  async function sendThrough(mailer: Mailer, mail: OutgoingMail): Promise<Outcome> {
    const startedMs = clock.elapsedMs();
    const lookedFor = AbortSignal.timeout(lookForMs);
    let acceptance: Acceptance;
    try {
      acceptance = await mailer.send(mail, AbortSignal.timeout(timeoutMs));
    } catch (thrown) {
      const fault = toFault(thrown);
      const maybe = fault.kind === 'unknown_effect';
      const proof = maybe ? await proofOf(mailer, mail, lookedFor) : undefined;
      if (proof !== undefined) return proven(mailer, proof, null);
      return { ...nothing, outcome: maybe ? 'unknown' : 'refused', fault: told(mailer, fault) };
    }
    const seconds = Math.round((clock.elapsedMs() - startedMs) / 100) / 10;
    if (mailer.capabilities.acceptanceDurable || acceptance.evidence !== 'answer')
      return proven(mailer, acceptance.evidence, seconds);
    const proof = await proofOf(mailer, mail, lookedFor);
    if (proof !== undefined) return proven(mailer, proof, seconds);
    return { ...nothing, outcome: 'taken_unproven', seconds, fault: unproven(mailer) };
  }

  function proven(
    mailer: Mailer,
    proof: NonNullable<DrillResult['evidence']> | 'came_back',
    seconds: number | null,
  ): Outcome {
    if (proof !== 'came_back') return { outcome: 'accepted', seconds, evidence: proof, fault: null };
    const fault = new Fault({
      kind: 'permanent',
      reason: 'mail_came_back',
      message: `${mailer.name} said yes, and told later that the mail did not get through.`,
      provider: mailer.name,
    });
    return { ...nothing, outcome: 'refused', fault: told(mailer, fault) };
  }

  function told(mailer: Mailer, fault: Fault): DrillResult['fault'] {
    const { reason, message } = fault;
    return { reason, message, remedy: options.remedyOf(mailer.name, fault) };
  }

  const unproven = (mailer: Mailer): DrillResult['fault'] => ({
    reason: 'mail_unproven',
    message: canBeProven(mailer)
      ? `${mailer.name} said yes, and may still lose the mail: nothing has shown it within ${lookForMs / 1_000} s.`
      : `${mailer.name} said yes, and may still lose the mail: nothing is configured that could show it.`,
    remedy: options.proverOf(mailer),
  });

  async function play(
    mailers: readonly Mailer[],
    at: number,
    given: { to: string; paused: readonly string[] },
  ) {
    const configured = mailers.map(({ name }) => name);
    const without = configured.slice(0, at);
    const out = without.map((provider) => ({ provider, final: true }));
    const [provider] = routeOf({ configured, refusals: out, passedOver: [] });
    const mailer = mailers.find(({ name }) => name === provider);
    if (!mailer) throw new TypeError('There is no mail provider left.');
    if (given.paused.includes(mailer.name)) return { ...left, without, provider: mailer.name };
    const mail = await composeTestMail({
      to: given.to,
      from: options.from,
      nonce: options.random.bytes(20),
      date: clock.now(),
      why: `It is the drill of an outage, and this mail went through ${mailer.name}.`,
    });
    return { without, provider: mailer.name, ...(await sendThrough(mailer, mail)) };
  }

  return {
    lastsMaxMs: Math.max(timeoutMs, lookForMs) + slackMs,
    async run(given) {
      const { mailers, close } = options.open();
      try {
        return await Promise.all(mailers.map((_, at) => play(mailers, at, given)));
      } finally {
        close();
      }
    },
  };
}

const nothing = { seconds: null, evidence: null } as const;

/** Whether anything is configured that can show what became of its mails. */
export const canBeProven = ({ find, capabilities }: Mailer): boolean =>
  find !== undefined || capabilities.deliveryEvents === 'all';

/** Staff has paused it, and a drill is no reason to call it. */
const left: Outcome = {
  ...nothing,
  outcome: 'paused',
  fault: {
    reason: 'provider_paused',
    message: 'The provider is paused, so it was not called.',
    remedy: 'Resume it, and drill again.',
  },
};
