import type { Claimant, Claimed, ClaimOutcome, ShelfOwner } from '../../ports/shelf.ts';
import { ask, type Database } from './ask.ts';

const triesMax = 5;

/** Claims the profile of a verified address. Begun anew where a purchase came in between, or two waited for each other. */
export async function claim(database: Database, claimant: Claimant): Promise<Claimed> {
  for (let tries = 1; ; tries += 1) {
    try {
      const [row] = await ask<{ outcome: ClaimOutcome; profile_id: string | null; ebooks: number }>(
        database,
        `select outcome, profile_id, ebooks from fulfillment.claim_profile($1, $2, 'verified_email')`,
        [claimant.subject, claimant.canonicalEmail],
      );
      if (!row) throw new Error('A claim has an outcome.');
      return { outcome: row.outcome, profileId: row.profile_id, ebooks: row.ebooks };
    } catch (error) {
      if (tries === triesMax || !isConflict(error)) throw error;
    }
  }
}

/** Serialization failure and deadlock (Postgres, appendix A). */
const isConflict = (error: unknown) => ['40001', '40P01'].includes((error as { code?: string }).code ?? '');

/** Whether the profile of the owner's verified address is somebody else's. */
export async function isClaimedByAnother(
  database: Database,
  { subject, canonicalEmail }: ShelfOwner,
): Promise<boolean> {
  const rows = await ask(
    database,
    'select from fulfillment.profiles p where p.canonical_email = $2 and p.subject <> $1',
    [subject, canonicalEmail],
  );
  return rows.length > 0;
}
