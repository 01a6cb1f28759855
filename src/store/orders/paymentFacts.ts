import type { Transaction } from '../../ports/transaction.ts';
import { clientOf } from '../transaction.ts';

export interface LockedFacts {
  paid: boolean;
  takenBack: boolean;
  /** Lines that refunds have taken, of a payment that is not taken back as a whole. */
  takenLines: ReadonlySet<number>;
  /** Lines that somebody of staff has taken away. */
  revokedLines: ReadonlySet<number>;
  factsVersion: bigint;
}

/** Facts of payments under row lock, in key order: what is owed is decided on what holds until COMMIT (DESIGN law 5). */
export async function readLockedFacts(
  tx: Transaction,
  paymentIds: string[],
): Promise<Map<string, LockedFacts>> {
  const { rows } = await clientOf(tx).query<{
    id: string;
    paid: boolean;
    taken_back: boolean;
    taken_lines: number[] | null;
    revoked_lines: number[] | null;
    facts_version: bigint;
  }>(
    `select p.id, p.paid, coalesce((p.facts ->> 'taken_back')::boolean, false) as taken_back,
            p.facts -> 'taken_lines' as taken_lines, p.facts -> 'revoked_lines' as revoked_lines, p.facts_version
       from fulfillment.payments p where p.id = any($1::uuid[]) order by p.id for no key update`,
    [paymentIds],
  );
  return new Map(
    rows.map((row) => [
      row.id,
      {
        paid: row.paid,
        takenBack: row.taken_back,
        takenLines: new Set(row.taken_lines ?? []),
        revokedLines: new Set(row.revoked_lines ?? []),
        factsVersion: row.facts_version,
      },
    ]),
  );
}

/** What the facts say of one line; of a payment that is not there, that nothing was paid. */
export const factsOfLine = (facts: LockedFacts | undefined, lineNo: number) => ({
  paid: facts?.paid ?? false,
  takenBack: facts !== undefined && (facts.takenBack || facts.takenLines.has(lineNo)),
  revoked: facts?.revokedLines.has(lineNo) ?? false,
});
