import { auth0Scopes } from '../../providers/auth0Management/adapter.ts';
import { createInvitations } from '../wireProviders.ts';
import { faultText, findingsOf, type Check } from './check.ts';

const { ok, note, warning } = findingsOf('auth0 invitations');

/** Whether guests can be invited: credentials and scopes. No account is opened. */
export const auth0Check: Check = {
  name: 'auth0 invitations',
  async run({ config, signal }) {
    const invitations = createInvitations(config);
    if (!invitations) return [note('none; reminders lead to the page for claiming')];
    const remedy = 'Reminders go out without invitations meanwhile (docs/accounts.md).';
    try {
      const found = await invitations.scopes(signal);
      const missing = auth0Scopes.filter((scope) => !found.includes(scope));
      const told =
        missing.length === 0
          ? ok(`${config.auth0?.baseUrl} gives a token with ${auth0Scopes.join(', ')}`)
          : warning(`the application lacks ${missing.join(', ')}`, remedy);
      if (config.claimUrl !== null) return [told];
      return [told, warning('nobody is reminded, so nobody is invited', 'Set CLAIM_URL.')];
    } catch (thrown) {
      return [warning(faultText(thrown), remedy)];
    }
  },
};
