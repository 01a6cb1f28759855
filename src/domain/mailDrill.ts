/**
 * What became of the test mail of one provider. `taken_unproven`: the provider has said yes in a way that it may forget,
 * and nothing has shown the mail since. `paused`: staff has it left alone, so it was not called.
 */
export const drillOutcomes = ['accepted', 'taken_unproven', 'refused', 'unknown', 'paused'] as const;
export type DrillOutcome = (typeof drillOutcomes)[number];

/** What a whole drill has shown. `unproven`: nothing has failed, and of some provider nothing was shown. */
export const drillVerdicts = ['passed', 'unproven', 'failed'] as const;
export type DrillVerdict = (typeof drillVerdicts)[number];

/** A drill has passed when every provider certainly has its mail; one without providers shows nothing. */
export function drillVerdict(outcomes: readonly DrillOutcome[]): DrillVerdict {
  if (outcomes.some((outcome) => outcome !== 'accepted' && outcome !== 'taken_unproven')) return 'failed';
  if (outcomes.length === 0 || outcomes.includes('taken_unproven')) return 'unproven';
  return 'passed';
}
