/**
 * Who may do what: one table for the API, the command line and the console. What is not in it is refused.
 * A viewer reads; an editor also does again what was owed anyway; an admin changes what is owed, or to whom; finance
 * reads, reconciles, exports and audits.
 */
export const roles = ['ops_viewer', 'ops_editor', 'ops_admin', 'ops_finance'] as const;
export type Role = (typeof roles)[number];

const everybody = roles;
const editors = ['ops_editor', 'ops_admin'] as const;
const admins = ['ops_admin'] as const;
const auditors = ['ops_admin', 'ops_finance'] as const;

const table = {
  'orders:search': everybody,
  'orders:show': everybody,
  'orders:export': ['ops_editor', 'ops_admin', 'ops_finance'],
  /** Shows one masked field of a buyer for a minute. */
  'buyer:reveal': admins,

  'job:retry': editors,
  'step:retry': editors,
  'receipt:resend': editors,
  'links:reissue': editors,
  /** Extends or resets the limits of downloads. */
  'downloads:extend': editors,
  /** The evidence of one order for a dispute, its buyer unmasked. */
  'evidence:export': auditors,
  /** Which lines a refund is for that does not say so itself. */
  'refund:attribute': ['ops_editor', 'ops_admin', 'ops_finance'],

  'email:correct': admins,
  'job:cancel': admins,
  'job:hold': admins,
  'job:release': admins,
  'entitlement:revoke': admins,
  'entitlement:grant': admins,
  /** Puts two buyers' shelves together; both are told. */
  'profiles:merge': admins,
  /** Everything that is stored of a buyer, unmasked, to give it to them. */
  'person:export': admins,
  /** Forgets a buyer for good. */
  'person:erase': admins,
  'payment:adopt': admins,
  /** Many at once: all that was sold before we began. */
  'sales:adopt': admins,

  'webhooks:read': everybody,
  'webhook:reprocess': editors,
  /** Looks now for what no webhook has told. */
  'catch_up:run': editors,
  'providers:read': everybody,
  'provider:pause': admins,
  'provider:resume': admins,
  /** Sends test mails through every provider. */
  'provider:drill': admins,
  'mail:pause': admins,
  'mail:resume': admins,
  /** Decide about mails that the brake, restore mode or shadow mode has held. */
  'mail:release': admins,
  'mail:drop': admins,
  'mode:restore': admins,
  'catalog:read': everybody,
  /** What is sold, at which price, and how copies are marked. */
  'catalog:import': admins,
  /** Checks every stored file and puts back what can be made again. */
  'storage:scrub': admins,
  /** Names the order whose copy a leaked file is, its buyer masked. */
  'copies:read': everybody,
  'alerts:read': everybody,
  'alert:acknowledge': editors,
  /** Rings at everybody's. */
  'alert:test': admins,
  'failures:read': everybody,
  'status:read': everybody,

  'bulk:read': everybody,
  'bulk:plan': editors,
  /** Up to `bulkOfEditorsMax` items. */
  'bulk:run': editors,
  'bulk:run_large': admins,
  /** Never of a run that one has planned or started oneself. */
  'bulk:approve': admins,
  /** Pausing, resuming and aborting a run. */
  'bulk:control': editors,

  'reconciliation:read': everybody,
  'reconciliation:fix': auditors,

  'audit:read': auditors,
  'audit:verify': auditors,
  'audit:export': auditors,

  /** Staff: who has signed in, which roles are withheld, ending sessions. */
  'staff:read': admins,
  'staff:restrict': admins,
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof table;

export const permissions = Object.keys(table) as Permission[];

/** The most orders that one bulk run by an editor may touch. */
export const bulkOfEditorsMax = 25;

export const isRole = (text: string): text is Role => (roles as readonly string[]).includes(text);

/** Whether one of the roles has the permission. Names that are no role count for nothing. */
export function may(held: readonly string[], permission: Permission): boolean {
  const allowed: readonly string[] = Object.hasOwn(table, permission) ? table[permission] : [];
  return held.some((role) => allowed.includes(role));
}

/** Everything the roles may do together, in the table's order. */
export function permissionsOf(held: readonly string[]): Permission[] {
  return permissions.filter((permission) => may(held, permission));
}

/** The roles that have a permission: what somebody who was refused may ask for. */
export function rolesWith(permission: Permission): Role[] {
  return roles.filter((role) => may([role], permission));
}

/**
 * The roles somebody really has: what their token claims, without what our own row of them withholds. A row can only
 * take away.
 */
export function effectiveRoles(
  claimed: readonly string[],
  row: { withheldRoles: readonly string[]; disabled: boolean } | undefined,
): Role[] {
  if (row?.disabled) return [];
  return roles.filter((role) => claimed.includes(role) && !row?.withheldRoles.includes(role));
}
