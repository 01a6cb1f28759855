import type { HeldReason } from '../domain/heldReasons.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Config } from './config.ts';

const whys: Readonly<Record<HeldReason, string>> = {
  mail_brake: 'the brake has stopped it',
  restore_mode: 'restore mode is on',
  shadow_mode: 'it ran in shadow mode before',
};

/**
 * What whoever starts the service must know of its mail. Asking closes the gate in shadow mode, so that it stays closed
 * when the mode ends.
 */
export async function mailNotes(
  { mode }: Pick<Config, 'mode'>,
  heldBy: () => Promise<HeldReason | null>,
  telemetry: Telemetry,
): Promise<string[]> {
  if (mode === 'shadow') telemetry.emit({ name: 'mode.shadow' });
  // A database that is away is told by whoever needs it; each mail asks again.
  const reason = await heldBy().catch(() => null);
  if (mode === 'shadow')
    return ['SHADOW MODE: everything is decided and recorded, and neither mail nor analytics leave.'];
  if (reason === null) return [];
  return [`ALL MAIL IS HELD: ${whys[reason]}. See: fulfillment mail status`];
}
