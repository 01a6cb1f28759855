import { secureOrigin, words } from './kinds.ts';
import { running, type Section } from './variable.ts';

export const auth0 = {
  title: 'Auth0: invitations for guests, in their first reminder (all or none; docs/accounts.md)',
  variables: {
    AUTH0_MANAGEMENT_URL: {
      purpose: "The tenant's own address; its custom domain does not serve the Management API.",
      example: 'https://books.eu.auth0.com',
      optional: true,
      commands: running,
      schema: secureOrigin,
    },
    AUTH0_MANAGEMENT_CLIENT_ID: {
      purpose:
        'Machine-to-machine application with the scopes read:users, create:users and create:user_tickets.',
      example: 'f0O8hS2kQ1',
      optional: true,
      commands: running,
      schema: words(200),
    },
    AUTH0_MANAGEMENT_CLIENT_SECRET: {
      purpose: 'Its secret.',
      example: 'a long secret',
      optional: true,
      secret: true,
      commands: running,
      schema: words(500),
    },
    AUTH0_MANAGEMENT_CONNECTION: {
      purpose: 'Database connection in which accounts are opened.',
      example: 'Username-Password-Authentication',
      default: 'Username-Password-Authentication',
      commands: running,
      schema: words(200),
    },
    AUTH0_INVITATION_CLIENT_ID: {
      purpose:
        "The shop's application, whose sign-in follows the password on Auth0's newer pages; without it CLAIM_URL does, on the classic ones.",
      example: 'h3aRb0uR',
      optional: true,
      commands: running,
      schema: words(200),
    },
  },
} as const satisfies Section;
