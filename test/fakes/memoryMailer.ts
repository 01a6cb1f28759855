import { Fault } from '../../src/domain/fault.ts';
import type { FaultDetails } from '../../src/domain/fault.ts';
import type { Acceptance, Mailer, MailerCapabilities, OutgoingMail } from '../../src/ports/mailer.ts';

/** What becomes of one mail. */
export type MailOutcome =
  | { then: 'accept' }
  /** Certainly not taken. */
  | { then: 'refuse'; fault: FaultDetails }
  /** The answer is lost; the truth is in `taken`. */
  | { then: 'lose_answer'; taken: boolean }
  /** Taken, and then nothing comes until the sender gives up. */
  | { then: 'take_and_hang' };

export interface MemoryMailer extends Mailer {
  /** What was really taken, in order: the truth that senders are judged by. */
  readonly taken: OutgoingMail[];
  /** How often `send` was called. */
  readonly attempts: OutgoingMail[];
  /** Outcomes of the next mails, in order. */
  script(...outcomes: MailOutcome[]): void;
  /** Outcome of every mail from now on that no script covers. */
  otherwise(outcome: MailOutcome): void;
  /** Mails with these ids cannot be looked up yet. */
  readonly hidden: Set<string>;
}

export interface MemoryMailerOptions extends Partial<MailerCapabilities> {
  name?: string;
}

/** A mailer in memory with a script of outcomes. Looks up by Message-ID unless told it cannot, drops repeats if told so. */
export function createMemoryMailer(options: MemoryMailerOptions = {}): MemoryMailer {
  const { name = 'memory', lookup = 'message_id', lookupLagMs = 0, acceptanceDurable = true } = options;
  const { dedupe = null, deliveryEvents = 'none' } = options;
  const scripted: MailOutcome[] = [];
  const taken: OutgoingMail[] = [];
  const attempts: OutgoingMail[] = [];
  const hidden = new Set<string>();
  let fallback: MailOutcome = { then: 'accept' };

  async function send(mail: OutgoingMail, signal: AbortSignal): Promise<Acceptance> {
    if (!isAddress(mail.from) || !isAddress(mail.to)) throw invalidAddress(name);
    attempts.push(mail);
    if (signal.aborted) throw calledOff(name);
    const outcome = scripted.shift() ?? fallback;
    const copy = { ...mail, bytes: mail.bytes.slice() };
    if (outcome.then === 'refuse') throw new Fault({ provider: name, ...outcome.fault });
    const known = dedupe !== null && taken.some(({ messageId }) => messageId === mail.messageId);
    if (!known && (outcome.then !== 'lose_answer' || outcome.taken)) taken.push(copy);
    if (outcome.then === 'accept') {
      return { provider: name, reference: `memory ${taken.length}`, evidence: 'answer' };
    }
    if (outcome.then === 'take_and_hang') await aborted(signal);
    throw answerLost(name);
  }

  return {
    name,
    capabilities: { dedupe, lookup, lookupLagMs, acceptanceDurable, deliveryEvents },
    taken,
    attempts,
    hidden,
    script: (...outcomes) => void scripted.push(...outcomes),
    otherwise: (outcome) => {
      fallback = outcome;
    },
    send,
    ...(lookup === 'message_id' && {
      find: async (messageId: string) => {
        const at = taken.findIndex((mail) => mail.messageId === messageId);
        if (at < 0 || hidden.has(messageId)) return undefined;
        return { provider: name, reference: `memory ${at + 1}`, evidence: 'journal' as const };
      },
    }),
  };
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

const isAddress = (text: string) => /^[\x21-\x7e]+@[\x21-\x7e]+$/.test(text) && !/[<>]/.test(text);

const invalidAddress = (provider: string) =>
  new Fault({ kind: 'permanent', reason: 'invalid_address', message: 'Not an address.', provider });
const calledOff = (provider: string) =>
  new Fault({ kind: 'transient', reason: 'aborted', message: 'Called off.', provider });
const answerLost = (provider: string) =>
  new Fault({ kind: 'unknown_effect', reason: 'answer_lost', message: 'The answer was lost.', provider });
