import { ask, type Database } from './ask.ts';

/** Whether a profile has been claimed by this subject of the identity provider. */
export async function isLinked(database: Database, subject: string): Promise<boolean> {
  const rows = await ask(database, 'select 1 from fulfillment.profiles p where p.subject = $1', [subject]);
  return rows.length > 0;
}
