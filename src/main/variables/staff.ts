import { partsOf, password, readAs, secureUrl, trueOrFalse, words } from './kinds.ts';
import { listening, type Section } from './variable.ts';

const names = readAs((text, refuse) => {
  const parts = partsOf(text);
  return parts.length > 0 ? parts : refuse('must name at least one');
});

export const staff = {
  title:
    'Staff (OpenID Connect; who may use the admin API: issuer, audience and client, or none of them and no admin API)',
  variables: {
    STAFF_OIDC_ISSUER: {
      purpose: 'Issuer of staff, exactly as in the tokens; it may be the buyers’ issuer.',
      example: 'https://books.eu.auth0.com/',
      optional: true,
      commands: listening,
      schema: secureUrl,
    },
    STAFF_OIDC_AUDIENCE: {
      purpose: 'Audience of the staff’s access tokens; never the buyers’ OIDC_AUDIENCE.',
      example: 'https://admin.books.example',
      optional: true,
      commands: listening,
      schema: words(),
    },
    STAFF_OIDC_CLIENT_ID: {
      purpose:
        'Client of the sign-in in the browser (code with PKCE); register PUBLIC_BASE_URL with /ops/callback as its redirect URI.',
      example: 'ops-console',
      optional: true,
      commands: listening,
      schema: words(200),
    },
    STAFF_OIDC_CLIENT_SECRET: {
      purpose:
        'Secret of STAFF_OIDC_CLIENT_ID, sent in the form (client_secret_post); leave it out for a public client.',
      example: 'change-me',
      optional: true,
      secret: true,
      commands: listening,
      schema: password,
    },
    STAFF_OIDC_CLI_CLIENT_ID: {
      purpose:
        'Client of the command line, a public one with the device grant; STAFF_OIDC_CLIENT_ID when absent.',
      example: 'ops-cli',
      optional: true,
      commands: listening,
      schema: words(200),
    },
    STAFF_OIDC_OTHER_CLIENTS: {
      purpose: 'Further clients whose access tokens for STAFF_OIDC_AUDIENCE are good, separated by commas.',
      example: 'ops-scripts',
      optional: true,
      commands: listening,
      schema: names,
    },
    STAFF_ROLES_CLAIM: {
      purpose:
        'Claim of the access token with the list of roles: ops_viewer, ops_editor, ops_admin, ops_finance; https://fulfillment/roles when absent.',
      example: 'https://fulfillment/roles',
      optional: true,
      commands: listening,
      schema: words(200),
    },
    STAFF_METHODS_CLAIMS: {
      purpose:
        'Claims that may say how somebody signed in, the first that is there counts; amr,https://fulfillment/amr when absent, since Auth0 allows no amr in access tokens.',
      example: 'amr,https://fulfillment/amr',
      optional: true,
      commands: listening,
      schema: names,
    },
    STAFF_MFA_REQUIRED: {
      purpose: 'Whether staff must have signed in with two factors; true when absent.',
      example: 'true',
      optional: true,
      commands: listening,
      schema: trueOrFalse,
    },
    STAFF_MFA_METHODS: {
      purpose: 'Methods of which one proves the second factor; mfa when absent.',
      example: 'mfa',
      optional: true,
      commands: listening,
      schema: names,
    },
  },
} as const satisfies Section;
