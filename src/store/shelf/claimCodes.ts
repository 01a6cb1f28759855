import type { CodeAsked, CodeClaimant } from '../../ports/shelf.ts';
import { ask, type Database } from './ask.ts';

export async function askClaimCode(
  database: Database,
  { subject, canonicalEmail }: CodeClaimant,
): Promise<CodeAsked> {
  const [row] = await ask<{
    outcome: CodeAsked['outcome'];
    again_at: Date | null;
    profile_id: string | null;
  }>(database, 'select outcome, again_at, profile_id from fulfillment.ask_claim_code($1, $2)', [
    subject,
    canonicalEmail,
  ]);
  if (row?.outcome === 'asked') return { outcome: 'asked', profileId: row.profile_id };
  if (row?.outcome === 'too_many' && row.again_at) return { outcome: 'too_many', againAt: row.again_at };
  if (row?.outcome === 'already_yours' || row?.outcome === 'other_profile_linked')
    return { outcome: row.outcome };
  throw new Error('Asking for a claim code has an outcome.');
}

export async function tryClaimCode(
  database: Database,
  { subject, canonicalEmail }: CodeClaimant,
): Promise<string | undefined> {
  const [row] = await ask<{ id: string | null }>(
    database,
    'select fulfillment.try_claim_code($1, $2) as id',
    [subject, canonicalEmail],
  );
  return row?.id ?? undefined;
}

export async function stopClaimReminders(database: Database, profileId: string): Promise<boolean> {
  const [row] = await ask<{ stopped: boolean }>(
    database,
    'select fulfillment.stop_claim_reminders($1) as stopped',
    [profileId],
  );
  return row?.stopped ?? false;
}
