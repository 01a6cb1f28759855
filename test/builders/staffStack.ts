import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createIdentify } from '../../src/http/admin/identify.ts';
import { callbackUrl, signInRoutes } from '../../src/http/admin/signIn.ts';
import { systemRandom } from '../../src/main/systemRandom.ts';
import { createDoorBook } from '../../src/operations/audit/doorBook.ts';
import { createRefusalThrottle } from '../../src/operations/audit/throttleRefusals.ts';
import { createOperations } from '../../src/operations/frame/operations.ts';
import { createEndSessions } from '../../src/operations/staff/endSessions.ts';
import { createListStaff } from '../../src/operations/staff/listStaff.ts';
import { createRestrictStaff } from '../../src/operations/staff/restrictStaff.ts';
import { createOidcStaff } from '../../src/providers/oidc/staff.ts';
import { createIdentity } from '../../src/sandbox/identity/identity.ts';
import { createSeal } from '../../src/staff/seal.ts';
import { createStaffSignIn } from '../../src/staff/signIn.ts';
import { createStaffDesk, sessionIdleMs } from '../../src/staff/staffDesk.ts';
import { createAuditLog } from '../../src/store/audit/auditLog.ts';
import { operationRequests } from '../../src/store/operations/operationRequests.ts';
import { createStaffControl } from '../../src/store/staff/control.ts';
import { createStaffPeople } from '../../src/store/staff/people.ts';
import { createStaffSessions } from '../../src/store/staff/sessions.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { openBrowser } from './browser.ts';
import { buildHttpServer } from './httpServer.ts';
import { openTestPools } from './testPools.ts';

export const staffAudience = 'https://admin.books.example';
export const buyersAudience = 'https://api.books.example';
export const opsOrigin = 'https://ops.example';

/** Staff's side over a real database and a real OpenID provider, with the operations about staff. Time can be moved on. */
export async function startStaffStack({ mfaRequired = true } = {}) {
  const pools = await openTestPools();
  // Dropping the database cuts idle connections; that is no failure of a test.
  pools.admin.on('error', () => {});
  const pool = pools.poolAs('fulfillment_operations');
  const consoleClient = { clientId: 'ops-console', clientSecret: randomBytes(16).toString('hex') };
  const identity = await createIdentity({
    pool: pools.admin,
    audience: buyersAudience,
    clients: [{ clientId: 'shop', redirectUris: ['http://127.0.0.1:5999/signed-in'] }],
    staff: {
      audience: staffAudience,
      console: {
        ...consoleClient,
        redirectUris: [callbackUrl(opsOrigin), 'http://127.0.0.1/ops/callback'],
      },
      cliClientId: 'ops-cli',
    },
  });
  const { issuer } = await identity.start(0);

  let movedMs = 0;
  const clock = { now: () => new Date(Date.now() + movedMs), elapsedMs: () => performance.now() };
  const built = wire();

  function wire() {
    const told: Parameters<ReturnType<typeof buildHttpServer>['told']['push']>[0][] = [];
    const telemetry = { emit: (event: (typeof told)[number]) => void told.push(event) };
    const { tokens, signIn: provider } = createOidcStaff({
      issuer,
      audience: staffAudience,
      foreignAudiences: [buyersAudience],
      ...consoleClient,
      otherClientIds: ['ops-cli'],
      redirectUri: callbackUrl(opsOrigin),
      clockToleranceSeconds: 30,
      ageMaxSeconds: 24 * 3600,
      timeoutMs: 5_000,
      cacheMaxAgeMs: 600_000,
      cooldownMs: 30_000,
      allowHttp: true,
      clock: { now: () => new Date() },
    });
    const audit = createAuditLog(pool);
    const refusals = createRefusalThrottle({ log: audit, clock });
    const common = {
      book: createDoorBook(refusals),
      people: createStaffPeople(pool),
      sessions: createStaffSessions(pool),
      claims: { roles: 'https://fulfillment/roles', methods: ['amr', 'https://fulfillment/amr'] },
      secondFactor: { required: mfaRequired, accepted: ['mfa'] },
      clock,
      telemetry,
    };
    const desk = createStaffDesk({ ...common, tokens });
    const seal = createSeal([randomBytes(32)], systemRandom);
    const signIn = createStaffSignIn({ ...common, provider, random: systemRandom, seal });
    const control = createStaffControl(pool);
    const operations = createOperations({
      operations: [
        createListStaff(control, { idleMs: sessionIdleMs }),
        createRestrictStaff(control),
        createEndSessions(control),
      ],
      inTransaction: (work) => inTransaction(pool, work),
      requests: operationRequests,
      audit,
      refusals,
      sha256: (bytes) => createHash('sha256').update(bytes).digest(),
      newId: randomUUID,
      announce: () => undefined,
    });
    const identify = createIdentify({ desk, publicBaseUrl: opsOrigin });
    const { server } = buildHttpServer({
      publicBaseUrl: opsOrigin,
      telemetry,
      admin: {
        operations,
        identify,
        // Tests knock more often than people.
        limits: { readsPerMinute: 10_000, changesPerMinute: 10_000, failuresPerMinute: 10_000 },
        furtherRoutes: [
          signInRoutes({
            signIn,
            desk,
            terms: { issuer, clientId: 'ops-cli', audience: staffAudience },
            publicBaseUrl: opsOrigin,
            telemetry,
            clock,
            perMinuteMax: 10_000,
          }),
        ],
      },
    });
    return { server, told, desk, operations, audit };
  }

  const newBrowser = () => openBrowser(built.server, opsOrigin);

  return {
    ...built,
    pools,
    pool,
    issuer,
    newBrowser,
    advance: (ms: number) => void (movedMs += ms),

    /** A token without signing in, right or wrong in whatever way a test needs. */
    async token(email: string, order: object = {}): Promise<string> {
      const answer = await fetch(`${issuer}sandbox/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email, audience: staffAudience, ...order }),
      });
      return ((await answer.json()) as { access_token: string }).access_token;
    },

    /** Goes to the provider and back; stops before the callback. */
    async signInUpTo(
      email: string,
      browser = newBrowser(),
      { oneFactor = false, path = '/ops/sign-in' } = {},
    ) {
      const begun = await browser.visit(path);
      let at = await browser.visit(begun.location);
      // Somebody who is signed in there is not asked again.
      if (at.location.startsWith(`${issuer}interaction`)) {
        const form = { email, ...(oneFactor ? { one_factor: 'yes' } : {}) };
        at = await browser.visit((await browser.submit(at.location, form)).location);
      }
      return { browser, callback: at.location, signInUrl: new URL(begun.location) };
    },

    /** Signs somebody in as the browser does. */
    async signIn(email: string, browser = newBrowser()) {
      const { callback } = await this.signInUpTo(email, browser);
      return { browser, end: await browser.visit(callback), callback };
    },

    /** Asks the API as our own page does. */
    async askAsPage(
      browser: ReturnType<typeof newBrowser>,
      path: string,
      { body, headers = {} }: { body?: object; headers?: Record<string, string | undefined> } = {},
    ) {
      const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const sent = {
        cookie,
        'x-fulfillment-csrf': '1',
        ...(body
          ? { origin: opsOrigin, 'content-type': 'application/json', 'idempotency-key': randomUUID() }
          : {}),
        ...headers,
      };
      const kept = Object.entries(sent).filter((entry): entry is [string, string] => entry[1] !== undefined);
      const answer = await built.server.inject({
        method: body ? 'POST' : 'GET',
        url: path,
        headers: Object.fromEntries(kept),
        ...(body ? { payload: body } : {}),
      });
      return { status: answer.statusCode, json: answer.body === '' ? null : answer.json() };
    },

    /** Asks the API with an access token. */
    async askAs(token: string, path: string, body?: object, headers: Record<string, string> = {}) {
      const answer = await built.server.inject({
        method: body ? 'POST' : 'GET',
        url: path,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body ? { 'idempotency-key': randomUUID() } : {}),
          ...headers,
        },
        ...(body ? { payload: body } : {}),
      });
      return { status: answer.statusCode, headers: answer.headers, json: answer.json() };
    },

    async stop() {
      await built.server.close();
      await identity.stop();
      await pools.stop();
    },
  };
}

export type StaffStack = Awaited<ReturnType<typeof startStaffStack>>;
