import { homedir } from 'node:os';
import { randomUUID } from 'node:crypto';
import { createDirectClient } from '../cli/admin/directClient.ts';
import { createHttpClient } from '../cli/admin/httpClient.ts';
import type { AdminDuties, AdminWay } from '../cli/duties.ts';
import { exitCodes } from '../cli/exitCodes.ts';
import { CommandFailure } from '../cli/failure.ts';
import { createAccessToken, createSignIn } from '../cli/signIn/signIn.ts';
import { readSignInTerms, serviceAddress } from '../cli/signIn/terms.ts';
import { createTokenFile, tokenFilePath } from '../cli/signIn/tokenFile.ts';
import type { SignInTerms } from '../ports/staff.ts';
import { sendHttp } from './adminTransport.ts';
import type { Config } from './config.ts';
import { openDirectAdmin } from './directAdmin.ts';
import { operationRows } from './operationRows.ts';
import { systemClock } from './systemClock.ts';
import { createDeviceSignIn } from './wireStaff.ts';

export interface AdminDutiesOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** The service's whole configuration, which `--direct` alone needs. @throws CommandFailure */
  readServiceConfig(): Config;
}

/** The ways to what people may ask for: over the API, or past it. */
export function adminDuties({ env, readServiceConfig }: AdminDutiesOptions): AdminDuties {
  const file = createTokenFile(
    tokenFilePath({ xdgStateHome: env['XDG_STATE_HOME'], homeDirectory: homedir() }),
  );
  const rows = operationRows();
  const common = { file, deviceSignIn: createDeviceSignIn, now: systemClock.now };

  /** Whichever is nearest: the option, the environment, the service itself, the sign-in of last time. */
  async function addressOf({ apiUrl, direct }: Pick<AdminWay, 'apiUrl' | 'direct'>): Promise<string> {
    const own = () => (direct ? readServiceConfig().http.publicBaseUrl : undefined);
    const set = env['FULFILLMENT_API_URL']?.trim() || undefined;
    const given = apiUrl ?? set ?? own() ?? (await file.current());
    if (given === undefined) throw nowhere();
    return serviceAddress(given);
  }

  return {
    operations: () => rows,
    async open(way) {
      const { direct, timeoutMs } = way;
      const apiUrl = await addressOf(way);
      const accessToken = createAccessToken({ ...common, apiUrl });
      if (direct) {
        const door = await openDirectAdmin({ config: readServiceConfig(), accessToken, timeoutMs });
        return { client: createDirectClient(door), close: door.close };
      }
      const client = createHttpClient({
        apiUrl,
        operations: rows,
        send: sendHttp,
        accessToken,
        newId: randomUUID,
        sleep: systemClock.sleep,
        timeoutMs,
      });
      return { client, close: async () => undefined };
    },
    async signIn(way) {
      const apiUrl = await addressOf(way);
      const terms = async () =>
        way.direct ? termsOf(readServiceConfig()) : readSignInTerms(apiUrl, sendHttp);
      return createSignIn({ ...common, apiUrl, terms });
    },
  };
}

function termsOf({ staff }: Config): SignInTerms {
  if (staff) return { issuer: staff.issuer, clientId: staff.cliClientId, audience: staff.audience };
  throw new CommandFailure('The configuration does not say where staff sign in: STAFF_OIDC_*.', {
    exitCode: exitCodes.usage,
    code: 'not_configured',
  });
}

const nowhere = () =>
  new CommandFailure('It is not known where the service is.', {
    exitCode: exitCodes.usage,
    code: 'no_api',
    details: [
      'Say it once: fulfillment login --api https://api.books.example',
      'Or set FULFILLMENT_API_URL.',
    ],
  });
