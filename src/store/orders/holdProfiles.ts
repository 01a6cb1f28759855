import type pg from 'pg';

/** Who has what is bought with an address. */
export interface HeldProfile {
  id: string;
  claimed: boolean;
}

interface ProfileRow {
  id: string;
  canonical_email: string;
  claimed: boolean;
  merged_into: string | null;
}

const held = `id, canonical_email, state = 'claimed' as claimed, merged_into from fulfillment.profiles`;

/**
 * The profiles that addresses name, each by its address; one that was merged is named by the profile that has all of it.
 * They are held until the transaction ends: whoever claims or merges one waits for the rights that are written here, and
 * sees them. In order of the address, so that two who hold the same ones never wait for each other in a circle.
 */
export async function holdProfiles(
  client: Pick<pg.ClientBase, 'query'>,
  canonicalEmails: readonly string[],
): Promise<Map<string, HeldProfile>> {
  const { rows } = await client.query<ProfileRow>(
    `select ${held} where canonical_email = any($1) order by canonical_email for key share`,
    [canonicalEmails],
  );
  const known = new Map(rows.map((row) => [row.id, row]));
  // Merged into one that is merged by the time it is held: on to the next.
  for (let missing = targetsOf(known); missing.length > 0; missing = targetsOf(known)) {
    const { rows: found } = await client.query<ProfileRow>(
      `select ${held} where id = any($1) order by canonical_email for key share`,
      [missing],
    );
    for (const row of found) known.set(row.id, row);
  }
  return new Map(rows.map((row) => [row.canonical_email, endOf(row, known)]));
}

const targetsOf = (known: ReadonlyMap<string, ProfileRow>): string[] =>
  [...known.values()].flatMap(({ merged_into: target }) =>
    target === null || known.has(target) ? [] : [target],
  );

function endOf(row: ProfileRow, known: ReadonlyMap<string, ProfileRow>): HeldProfile {
  const target = row.merged_into === null ? undefined : known.get(row.merged_into);
  return target === undefined ? { id: row.id, claimed: row.claimed } : endOf(target, known);
}
