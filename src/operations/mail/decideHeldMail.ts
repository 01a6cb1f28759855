import { z } from 'zod';
import type { Mode } from '../../domain/mailGate.ts';
import type { GateStanding, MailGateControl } from '../../ports/mailGate.ts';
import type { ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { gateText } from './gateShown.ts';

const input = z.strictObject({});
const output = z.strictObject({
  mails: z.int().describe('How many mails this was decided for.'),
  gate: z.enum(['open', 'closed']).describe('Whether mail goes out from now on.'),
  overSeconds: z.int().describe('Within how many seconds they are taken up, one after the other.'),
});
type DecideHeldMail = ChangeOperation<z.infer<typeof input>, z.infer<typeof output>>;

interface Options {
  gate: Pick<MailGateControl, 'lock' | 'open' | 'decide'>;
  mode: Mode;
}

const target = () => ({ kind: 'mail', id: 'all' });
/** So many mails a second are taken up, for an hour at most: whoever carries them must not choke. */
const takenUpPerSecond = 20;
const spreadMaxMs = 3_600_000;

const spreadOf = ({ held }: GateStanding) =>
  Math.min(spreadMaxMs, Math.floor(held / takenUpPerSecond) * 1_000);

/** All mail that is held goes out, and whatever comes after it. */
export function createReleaseMail({ gate, mode }: Options): DecideHeldMail {
  return {
    kind: 'change',
    name: 'mail:release',
    permission: 'mail:release',
    summary: 'Let all mail go out that the brake, restore mode or shadow mode has held, and open the gate',
    path: '/mail/release',
    reason: 'required',
    input,
    output,
    target,
    async change(tx, _input, by) {
      if (mode === 'shadow') throw inShadow();
      const before = await gate.lock(tx);
      if (before.why === null && before.held === 0) throw nothingHeld();
      const spreadMs = spreadOf(before);
      await gate.open(tx, by.actor);
      const mails = await gate.decide(tx, 'release', { by: by.actor, spreadMs });
      return {
        output: { mails, gate: 'open', overSeconds: spreadMs / 1_000 },
        before: gateText(before),
        after: { gate: 'open' },
        details: { mails },
        work: true,
      };
    },
  };
}

/** No mail that is held goes out: their jobs end without them. What comes afterwards goes out. */
export function createDropMail({ gate, mode }: Options): DecideHeldMail {
  return {
    kind: 'change',
    name: 'mail:drop',
    permission: 'mail:drop',
    summary:
      'Have all mail skipped that is held just now, for good, and open the gate for what comes after it',
    path: '/mail/drop',
    reason: 'required',
    input,
    output,
    target,
    async change(tx, _input, by) {
      const before = await gate.lock(tx);
      if (before.why === null && before.held === 0) throw nothingHeld();
      const spreadMs = spreadOf(before);
      // In shadow mode what comes after it is held as well.
      const opens = mode === 'live';
      if (opens) await gate.open(tx, by.actor);
      const mails = await gate.decide(tx, 'drop', { by: by.actor, spreadMs });
      const after = opens ? 'open' : 'closed';
      return {
        output: { mails, gate: after, overSeconds: spreadMs / 1_000 },
        before: gateText(before),
        after: { gate: after },
        details: { mails },
        work: true,
      };
    },
  };
}

const nothingHeld = () =>
  new Refusal({
    kind: 'wrong_state',
    code: 'mail_not_held',
    detail: 'No mail is held, and the gate is open.',
    remedy: 'Look with mail:show. A pause (mail:pause) is ended with mail:resume.',
  });

const inShadow = () =>
  new Refusal({
    kind: 'wrong_state',
    code: 'shadow_mode',
    detail: 'The service runs in shadow mode: no mail leaves.',
    remedy: 'Start it with FULFILLMENT_MODE=live first, or drop what is held (mail:drop).',
  });
