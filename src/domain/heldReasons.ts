/**
 * Why work waits though nothing is wrong with it, by a switch that is set for all: its clock stands, it does not count
 * as failed, and it goes on when the switch is turned. What people hold is held for reasons of its own.
 */
export const heldReasons = ['mail_brake', 'restore_mode', 'shadow_mode'] as const;
export type HeldReason = (typeof heldReasons)[number];

export const isHeldReason = (reason: string | null): reason is HeldReason =>
  heldReasons.some((known) => known === reason);

/** How soon held work is looked at again by itself; whoever lets it go makes it due at once. */
export const heldRecheckMs = 10 * 60_000;
