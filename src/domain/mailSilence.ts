/** So few mails say nothing: one by one they may be lost on their way to being told of. */
export const silentMailsMin = 3;
const silentForMinMs = 3_600_000;

/** For how long nothing may be heard before it is told: an hour, or as long as a mail may wait for evidence. */
export const silentAfterMs = (evidenceAfterMs: number): number => Math.max(silentForMinMs, evidenceAfterMs);

/** Since when silence counts of a provider that reports; null: nobody listens. */
export function listenedSince({
  expectedSince,
  heardAt,
}: {
  expectedSince: Date | null;
  heardAt: Date | null;
}): Date | null {
  if (expectedSince === null || heardAt === null) return expectedSince;
  return heardAt > expectedSince ? heardAt : expectedSince;
}

/**
 * Whether silence means something: nothing was heard for long, while mails were taken that should have been told of.
 * A shop that sells nothing hears nothing, and all is well.
 */
export function isSilent(
  { since, awaiting, now }: { since: Date | null; awaiting: number; now: Date },
  evidenceAfterMs: number,
): boolean {
  if (since === null) return false;
  const forMs = now.getTime() - since.getTime();
  return awaiting >= silentMailsMin && forMs >= silentAfterMs(evidenceAfterMs);
}
