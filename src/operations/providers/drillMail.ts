import { z } from 'zod';
import { parseEmailAddress } from '../../domain/emailAddress.ts';
import type { Mode } from '../../domain/mailGate.ts';
import { type DrillBook, drillOutcomes, type DrillResult, type MailDrill } from '../../ports/mailDrill.ts';
import type { ProviderWatch } from '../../ports/providerPauses.ts';
import type { ChangeOperation, ReadOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';

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
const result = z.strictObject({
  without: z.array(z.string()).describe('Providers that were taken for out.'),
  provider: z.string().describe('Through which a mail goes then.'),
  outcome: z.enum(drillOutcomes),
  seconds: z.number().nullable().describe('Until the provider said yes.'),
  evidence: z
    .enum(['answer', 'journal', 'unproven'])
    .nullable()
    .describe('How it is known that the mail was taken; unproven: the answer may still be lost.'),
  fault: z.strictObject({ reason: z.string(), message: z.string(), remedy: z.string() }).nullable(),
});
const drilled = z.strictObject({
  id: z.string(),
  at: z.string(),
  passed: z.boolean().describe('Every provider has taken its mail.'),
  results: z.array(result).describe('One for each provider of mail, in the order of preference.'),
});

/** Plays the outage of each provider of mail with real mails to a test address, and writes down what became of them. */
export function createDrillMail({
  drill,
  book,
  watch,
  address,
  mode,
}: DrillMailOptions): ChangeOperation<z.infer<typeof input>, z.infer<typeof drilled>, DrillResult[]> {
  return {
    kind: 'change',
    name: 'provider:drill',
    permission: 'provider:drill',
    summary: 'Play the outage of each mail provider with one test mail through the next, and keep the result',
    path: '/mail/drill',
    reason: 'optional',
    input,
    output: drilled,
    target: () => ({ kind: 'mail', id: 'drill' }),
    async look({ to = address }) {
      if (mode === 'shadow') throw inShadow();
      if (to === null) throw nowhere();
      const rows = await watch.list();
      const paused = rows.flatMap(({ provider, pause }) => (pause ? [provider] : []));
      return drill.run({ to: parseEmailAddress(to)?.original ?? to, paused });
    },
    async change(tx, _input, by, results = []) {
      const passed = results.every(({ outcome }) => outcome === 'accepted');
      const { id, at } = await book.write(tx, { by: by.caller.subject, passed, results });
      return {
        output: { id, at: at.toISOString(), passed, results },
        before: {},
        after: { drill: id, passed },
        details: Object.fromEntries(results.map(({ provider, outcome }) => [provider, outcome])),
      };
    },
  };
}

const listInput = z.strictObject({
  limit: z.int().min(1).max(100).default(12).describe('How many, the latest first.'),
});
const listOutput = z.strictObject({
  drills: z.array(drilled.extend({ by: z.string().describe('Who has asked for it.') })),
});

/** What past drills have come to. */
export function createListDrills(
  book: Pick<DrillBook, 'list'>,
): ReadOperation<z.infer<typeof listInput>, z.infer<typeof listOutput>> {
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
      return { drills: drills.map((one) => ({ ...one, at: one.at.toISOString() })) };
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
