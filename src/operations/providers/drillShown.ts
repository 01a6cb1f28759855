import { z } from 'zod';
import { drillOutcomes, drillVerdict, drillVerdicts } from '../../domain/mailDrill.ts';
import type { PastDrill } from '../../ports/mailDrill.ts';

const result = z.strictObject({
  without: z.array(z.string()).describe('Providers that were taken for out.'),
  provider: z.string().describe('Through which a mail goes then.'),
  outcome: z
    .enum(drillOutcomes)
    .describe(
      '`taken_unproven`: the provider has said yes in a way that it may forget, and nothing has shown the mail since.',
    ),
  seconds: z.number().nullable().describe('Until the provider said yes.'),
  evidence: z
    .enum(['answer', 'journal', 'report'])
    .nullable()
    .describe(
      'What proves that the mail was taken: an answer that lasts, a look-up that has found it, or a report.',
    ),
  fault: z
    .strictObject({ reason: z.string(), message: z.string(), remedy: z.string() })
    .nullable()
    .describe('What went wrong, or what is missing for a proof.'),
});

export const drilledShape = z.strictObject({
  id: z.string(),
  at: z.string(),
  passed: z.boolean().describe('Every provider certainly has its mail.'),
  verdict: z
    .enum(drillVerdicts)
    .describe('`unproven`: nothing has failed, and of some provider nothing was shown.'),
  results: z.array(result).describe('One for each provider of mail, in the order of preference.'),
});

export const pastDrillShape = drilledShape.extend({
  by: z.string().describe('Who has asked for it.'),
  verdict: z
    .enum([...drillVerdicts, 'under_way', 'not_finished'])
    .describe('`not_finished`: begun and cut off; some of its mails may have been sent.'),
});

/** @param lastsMaxMs no drill takes longer */
export function drillShown(
  { id, at, by, agoMs, results }: PastDrill,
  lastsMaxMs: number,
): z.infer<typeof pastDrillShape> {
  const open = agoMs < lastsMaxMs ? 'under_way' : 'not_finished';
  const verdict = results === null ? open : drillVerdict(results.map(({ outcome }) => outcome));
  return {
    id,
    at: at.toISOString(),
    by,
    passed: verdict === 'passed',
    verdict,
    results: results ?? [],
  };
}
