import { z } from 'zod';
import { parseEmailAddress } from '../../domain/emailAddress.ts';
import { drillVerdict } from '../../domain/mailDrill.ts';
import type { Mode } from '../../domain/mailGate.ts';
import type { DrillBook, DrillResult, MailDrill } from '../../ports/mailDrill.ts';
import type { ProviderWatch } from '../../ports/providerPauses.ts';
import type { ChangeOperation, ReadOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { drilledShape, drillShown, pastDrillShape } from './drillShown.ts';

export interface DrillMailOptions {
  drill: MailDrill;
  book: DrillBook;
  watch: Pick<ProviderWatch, 'list'>;
  /** Where mails of drills go unless it is said; null: it has to be said. */
  address: string | null;
  mode: Mode;
}

const input = z.strictObject({
  to: z
    .string()
    .max(320)
    .refine((text) => parseEmailAddress(text) !== undefined, {
      error: 'This must be one plain e-mail address.',
    })
    .optional()
    .describe('Where the test mails go; the address of MAIL_DRILL_ADDRESS unless given. It is not kept.'),
});

interface Drilled {
  id: string;
  at: Date;
  results: DrillResult[];
}

/**
 * Plays the outage of each provider of mail with real mails to a test address. The drill is written down before the
 * first mail leaves: the same request again gives the first result, and one that was cut off shows as such.
 */
export function createDrillMail({
  drill,
  book,
  watch,
  address,
  mode,
}: DrillMailOptions): ChangeOperation<z.infer<typeof input>, z.infer<typeof drilledShape>, Drilled> {
  return {
    kind: 'change',
    name: 'provider:drill',
    permission: 'provider:drill',
    summary: 'Play the outage of each mail provider with one test mail through the next, and keep the result',
    path: '/mail/drill',
    reason: 'optional',
    input,
    output: drilledShape,
    target: () => ({ kind: 'mail', id: 'drill' }),
    outside: {
      lastsMaxMs: drill.lastsMaxMs,
      async begin(tx, { to = address }, by) {
        if (mode === 'shadow') throw inShadow();
        if (to === null) throw nowhere();
        const begun = await book.begin(tx, by.caller.subject);
        return {
          after: { drill: begun.id },
          async carryOut() {
            const rows = await watch.list();
            const paused = rows.flatMap(({ provider, pause }) => (pause ? [provider] : []));
            const results = await drill.run({ to: parseEmailAddress(to)?.original ?? to, paused });
            return { ...begun, results };
          },
        };
      },
    },
    async change(tx, _input, _by, drilled) {
      if (!drilled) throw new TypeError('The drill was not begun.');
      const { id, at, results } = drilled;
      const verdict = drillVerdict(results.map(({ outcome }) => outcome));
      const passed = verdict === 'passed';
      await book.finish(tx, id, { passed, results });
      return {
        output: { id, at: at.toISOString(), passed, verdict, results },
        before: { drill: id },
        after: { drill: id, passed, verdict },
        details: Object.fromEntries(results.map(({ provider, outcome }) => [provider, outcome])),
      };
    },
  };
}

const listInput = z.strictObject({
  limit: z.int().min(1).max(100).default(12).describe('How many, the latest first.'),
});
const listOutput = z.strictObject({ drills: z.array(pastDrillShape) });

/** What past drills have come to. */
export function createListDrills({
  book,
  lastsMaxMs,
}: {
  book: Pick<DrillBook, 'list'>;
  lastsMaxMs: number;
}): ReadOperation<z.infer<typeof listInput>, z.infer<typeof listOutput>> {
  return {
    kind: 'read',
    name: 'provider:drills',
    permission: 'providers:read',
    summary: 'List what past drills of an outage have come to',
    path: '/mail/drills',
    input: listInput,
    output: listOutput,
    async read({ limit }) {
      const drills = await book.list(limit);
      return { drills: drills.map((one) => drillShown(one, lastsMaxMs)) };
    },
  };
}

const inShadow = () =>
  new Refusal({
    kind: 'wrong_state',
    code: 'mode_shadow',
    detail: 'In shadow mode no mail leaves, not even one of a drill.',
    remedy: 'Drill where the service runs in live mode.',
  });

const nowhere = () =>
  new Refusal({
    kind: 'invalid_input',
    code: 'drill_address_missing',
    field: 'to',
    detail: 'Nobody has said where the test mails go.',
    remedy: 'Name an address of your own: --to <address>, or MAIL_DRILL_ADDRESS for every drill.',
  });
