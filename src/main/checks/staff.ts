import { callbackUrl } from '../../http/admin/signIn.ts';
import { findingsOf, type Check } from './check.ts';
import { examineIssuer } from './issuer.ts';

/** Whether staff can sign in, and how safely. */
export const staffCheck: Check = {
  name: 'staff',
  async run({ config, signal }) {
    const { staff, http } = config;
    const { note, warning, failed } = findingsOf('staff');
    if (!staff)
      return [
        note('nobody can sign in, and there is no admin API', 'Set STAFF_OIDC_ISSUER and its companions.'),
      ];
    const { findings, discovery } = await examineIssuer(staff.issuer, signal, {
      check: 'staff',
      variable: 'STAFF_OIDC_ISSUER',
      loss: 'nobody of the staff can sign in without its keys',
    });
    if (!staff.mfaRequired)
      findings.push(
        warning(
          'one factor is enough',
          'Leave STAFF_MFA_REQUIRED out, so that a stolen password opens nothing.',
        ),
      );
    if (!discovery) return findings;
    const { authorization_endpoint: page, token_endpoint: tokens } = discovery;
    if (page === undefined || tokens === undefined)
      findings.push(
        failed('the issuer does not say where to sign in', 'Choose one with the authorization code flow.'),
      );
    if (discovery.code_challenge_methods_supported?.includes('S256') === false)
      findings.push(
        failed('the issuer does not know PKCE with S256', 'Switch it on at the identity provider.'),
      );
    if (discovery.device_authorization_endpoint === undefined)
      findings.push(
        warning('the issuer offers no device sign-in', 'Switch it on, or the command line cannot sign in.'),
      );
    findings.push(note(`staff come back from there to ${callbackUrl(http.publicBaseUrl)}`));
    return findings;
  },
};
