import type { FreshMail } from '../../ports/shelf.ts';
import { ask, type Database } from './ask.ts';

export async function askFreshMail(database: Database, entitlementId: string): Promise<FreshMail> {
  const [row] = await ask<{ outcome: FreshMail['outcome']; again_at: Date | null }>(
    database,
    'select outcome, again_at from fulfillment.ask_fresh_mail($1)',
    [entitlementId],
  );
  if (!row) throw new Error('Asking for a mail has an outcome.');
  if (row.outcome !== 'too_soon') return { outcome: row.outcome };
  if (!row.again_at) throw new Error('What is too soon is in time some day.');
  return { outcome: 'too_soon', againAt: row.again_at };
}
