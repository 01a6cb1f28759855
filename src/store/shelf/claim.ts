import type { Claimant, Claimed, ClaimOutcome, ShelfOwner } from '../../ports/shelf.ts';
import { ask, type Database } from './ask.ts';

const triesMax = 5;

/** Claims the profile of a verified address. */
export async function claim(database: Database, { subject, canonicalEmail }: Claimant): Promise<Claimed> {
  const claimed = await claimBy(database, {
    statement: `select outcome, profile_id, ebooks from fulfillment.claim_profile($1, $2, 'verified_email')`,
    values: [subject, canonicalEmail],
  });
  if (!claimed) throw new Error('A claim by an address knows no codes.');
  return claimed;
}

/** Undefined when the code is over. */
export const claimByCode = (database: Database, codeId: string, subject: string) =>
  claimBy(database, {
    statement: 'select outcome, profile_id, ebooks from fulfillment.claim_by_code($1, $2)',
    values: [codeId, subject],
  });

interface ClaimRow {
  outcome: ClaimOutcome | 'code_not_valid';
  profile_id: string | null;
  ebooks: number;
}

/** Begun anew where a purchase came in between, or two waited for each other. */
async function claimBy(
  database: Database,
  { statement, values }: { statement: string; values: string[] },
): Promise<Claimed | undefined> {
  for (let tries = 1; ; tries += 1) {
    try {
      const [row] = await ask<ClaimRow>(database, statement, values);
      if (!row) throw new Error('A claim has an outcome.');
      const { outcome, profile_id: profileId, ebooks } = row;
      return outcome === 'code_not_valid' ? undefined : { outcome, profileId, ebooks };
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
    'select from fulfillment.profiles p where p.id = fulfillment.profile_named($2) and p.subject <> $1',
    [subject, canonicalEmail],
  );
  return rows.length > 0;
}
