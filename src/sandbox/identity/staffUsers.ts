/** Somebody of the staff who can sign in here. */
export interface StaffUser {
  email: string;
  name: string;
  roles: readonly string[];
}

/** One of each role, one of two, and one who was given none yet. */
export const staffUsers: readonly StaffUser[] = [
  { email: 'viewer@staff.example', name: 'Vera Viewer', roles: ['ops_viewer'] },
  { email: 'editor@staff.example', name: 'Edgar Editor', roles: ['ops_editor'] },
  { email: 'admin@staff.example', name: 'Ada Admin', roles: ['ops_admin'] },
  { email: 'second.admin@staff.example', name: 'Adam Admin', roles: ['ops_admin'] },
  { email: 'finance@staff.example', name: 'Fiona Finance', roles: ['ops_finance'] },
  { email: 'newcomer@staff.example', name: 'Nora Newcomer', roles: [] },
];

export const staffUser = (email: string): StaffUser | undefined =>
  staffUsers.find((user) => user.email === email.trim().toLowerCase());

/** Where an Auth0 Action would put the roles, and how somebody signed in: Auth0 allows no `amr` in access tokens. */
const rolesClaim = 'https://fulfillment/roles';
const methodsClaim = 'https://fulfillment/amr';

/** How everybody signs in as staff, unless they choose otherwise. */
export const twoFactors = ['pwd', 'mfa'];
export const oneFactor = ['pwd'];

/** What a staff member's access token says beside the usual. */
export function staffTokenClaims(email: string, methods: readonly string[]): Record<string, unknown> {
  const user = staffUser(email);
  return {
    ...(user ? { name: user.name } : {}),
    email,
    [rolesClaim]: user?.roles ?? [],
    [methodsClaim]: methods,
  };
}
