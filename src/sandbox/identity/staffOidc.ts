import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { html } from '../htmlTemplate.ts';
import type { Html } from '../htmlTemplate.ts';
import type * as OidcLibrary from 'oidc-provider';

/** How staff sign in to the product: its console in the browser, and its command line by the device grant. */
export type StaffClients = {
  /** The API that staff's access tokens are for; another one than the buyers'. */
  audience: string;
  console: {
    clientId: string;
    clientSecret: string;
    /** Plain http on loopback goes with any port. */
    redirectUris: string[];
  };
  cliClientId: string;
};

export const isStaffClient = (staff: StaffClients | undefined, clientId: string | undefined): boolean =>
  staff !== undefined && (clientId === staff.console.clientId || clientId === staff.cliClientId);

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

export function staffClients(staff: StaffClients): NonNullable<Configuration['clients']> {
  return [
    {
      client_id: staff.console.clientId,
      client_name: 'the operations console',
      client_secret: staff.console.clientSecret,
      token_endpoint_auth_method: 'client_secret_post',
      // So that a redirect to this machine may have any port (RFC 8252 §7.3).
      application_type: 'native',
      redirect_uris: staff.console.redirectUris,
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
    {
      client_id: staff.cliClientId,
      client_name: 'the command line',
      token_endpoint_auth_method: 'none',
      redirect_uris: [],
      grant_types: [deviceGrant, 'refresh_token'],
      response_types: [],
    },
  ];
}

/**
 * The library's rules of when to ask somebody, with two changes: nobody is asked to consent, and a buyer's session does
 * not sign anybody in as staff, nor the other way round. Only staff's sessions say by which methods they began.
 */
export function signInPolicy({ interactionPolicy }: typeof OidcLibrary, staff: StaffClients | undefined) {
  const { base, Check } = interactionPolicy;
  const policy = base();
  policy.get('consent')?.checks.remove('native_client_prompt');
  const otherDoor = new Check('other_door', 'This session is for something else', (ctx) => {
    const { client, session } = ctx.oidc;
    const isOfStaff = session?.amr !== undefined;
    const wrong = session?.accountId !== undefined && isOfStaff !== isStaffClient(staff, client?.clientId);
    return wrong ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
  });
  policy.get('login')?.checks.add(otherDoor);
  return policy;
}

type Show = (ctx: KoaContextWithOIDC, title: string, body: Html) => void;

/** The pages of the device grant (RFC 8628 §3.3). */
export function deviceFlow(show: Show): NonNullable<NonNullable<Configuration['features']>['deviceFlow']> {
  return {
    enabled: true,
    userCodeInputSource: (ctx, form, _out, error) => {
      const problem = error && html`<p>This code is not known, or not any more.</p>`;
      const button = html`<button form="op.deviceInputForm">Go on</button>`;
      show(
        ctx,
        'Sign in a command line',
        html`${problem}
          <p>Type in the code that it shows.</p>
          ${{ markup: form }}${button}`,
      );
    },
    userCodeConfirmSource: (ctx, form, client, ...[, userCode]) => {
      const name = client.clientName ?? client.clientId;
      const buttons = html`<button form="op.deviceConfirmForm">Yes, sign it in</button>
        <button form="op.deviceConfirmForm" name="abort" value="yes" class="second">No</button>`;
      show(
        ctx,
        'Is this your code?',
        html`<p>Sign in ${name}, which shows this code:</p>
          <p><strong>${userCode}</strong></p>
          ${{ markup: form }}${buttons}`,
      );
    },
    successSource: (ctx) =>
      show(ctx, 'Signed in', html`<p>You may close this page and go back to the command line.</p>`),
  };
}

/** The methods of the sign-in that a token comes from. */
export function methodsOf(ctx: KoaContextWithOIDC): string[] {
  const { AuthorizationCode, DeviceCode, RefreshToken } = ctx.oidc.entities;
  const { amr } = (AuthorizationCode ?? DeviceCode ?? RefreshToken ?? {}) as { amr?: string[] };
  return amr ?? [];
}
