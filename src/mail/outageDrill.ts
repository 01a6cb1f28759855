import { type Fault, toFault } from '../domain/fault.ts';
import { routeOf } from '../domain/mailRouting.ts';
import type { Clock } from '../ports/clock.ts';
import type { DrillResult, MailDrill } from '../ports/mailDrill.ts';
import type { Mailer, OutgoingMail } from '../ports/mailer.ts';
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
  /** For one mail, with looking for it. Default 20 s: whoever asks waits for the answer. */
  timeoutMs?: number;
  /** How often a mail is looked for. Default 1 s. */
  lookEveryMs?: number;
}

/**
 * Plays the outage of every provider: for each, as if all before it were out, it is found out through which a mail would
 * go, and one is really sent. All at the same time, since each is a mail of its own.
 */
export function createOutageDrill(options: OutageDrillOptions): MailDrill {
  const { clock, timeoutMs = 20_000, lookEveryMs = 1_000 } = options;

  /** Whether a mail shows up that was taken in a way that may be lost, or of which nobody knows. */
  async function shows(mailer: Mailer, { messageId }: OutgoingMail, deadline: AbortSignal): Promise<boolean> {
    while (mailer.find && !deadline.aborted) {
      if (await mailer.find(messageId, deadline).catch(() => undefined)) return true;
      await clock.sleep(lookEveryMs, deadline);
    }
    return false;
  }

  async function sendThrough(
    mailer: Mailer,
    mail: OutgoingMail,
  ): Promise<Omit<DrillResult, 'without' | 'provider'>> {
    const startedMs = clock.elapsedMs();
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      const { evidence } = await mailer.send(mail, deadline);
      const seconds = Math.round((clock.elapsedMs() - startedMs) / 100) / 10;
      const accepted = { outcome: 'accepted', seconds, fault: null } as const;
      if (mailer.capabilities.acceptanceDurable || evidence === 'journal') return { ...accepted, evidence };
      return { ...accepted, evidence: (await shows(mailer, mail, deadline)) ? 'journal' : 'unproven' };
    } catch (thrown) {
      const fault = toFault(thrown);
      const { reason, message } = fault;
      return {
        outcome: fault.kind === 'unknown_effect' ? 'unknown' : 'refused',
        seconds: null,
        evidence: null,
        fault: { reason, message, remedy: options.remedyOf(mailer.name, fault) },
      };
    }
  }

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

/** Staff has paused it, and a drill is no reason to call it. */
const left: Omit<DrillResult, 'without' | 'provider'> = {
  outcome: 'paused',
  seconds: null,
  evidence: null,
  fault: {
    reason: 'provider_paused',
    message: 'The provider is paused, so it was not called.',
    remedy: 'Resume it, and drill again.',
  },
};
