import type pg from 'pg';
import type { AskDirectly, DirectDoor } from '../cli/admin/directClient.ts';
import { exitCodes } from '../cli/exitCodes.ts';
import { CommandFailure } from '../cli/failure.ts';
import { permissionsOf } from '../domain/permissions.ts';
import type { AnyOperation, Caller } from '../operations/frame/operation.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { StaffIdentity, StaffRefusal } from '../staff/staffDesk.ts';
import { createPool } from '../store/connection.ts';
import type { Config } from './config.ts';
import { createMailDrill } from './mailDrill.ts';
import { listOperations, operationStores } from './operationList.ts';
import { wireOperations } from './wireOperations.ts';
import { wireStaffDoor } from './wireStaff.ts';

export interface DirectAdminOptions {
  config: Config;
  accessToken(): Promise<string>;
  /** For each statement. */
  timeoutMs: number;
  /** What is asked for here alone, over the same pool. */
  further?: (pool: pg.Pool) => AnyOperation[];
}

/** What happens is told by the answers. */
const silent: Telemetry = { emit: () => undefined };

/**
 * The operations over the database, for the night when the API is down: the token is checked as the API checks it, the
 * same permissions hold, and the same audit is written, with channel `cli`.
 */
export async function openDirectAdmin(
  options: DirectAdminOptions,
): Promise<DirectDoor & { close(): Promise<void> }> {
  const { config, accessToken, timeoutMs } = options;
  const { staff, database } = config;
  if (staff === null || database.operationsUrl === null)
    throw new CommandFailure(
      '--direct needs the configuration of the service: DATABASE_URL_OPERATIONS and STAFF_OIDC_*.',
      {
        exitCode: exitCodes.usage,
        code: 'not_configured',
        details: ['Run it where the service runs, or name its variables: --env <file>.'],
      },
    );
  const pool = createPool({
    connectionString: database.operationsUrl,
    applicationName: 'fulfillment-cli',
    connectionsMax: 3,
    namedStatements: false,
    answerTimeoutMs: timeoutMs,
  });
  const stores = operationStores(pool, config);
  const { operations, book, stop } = wireOperations({
    pool,
    telemetry: silent,
    worker: undefined,
    list: [
      ...(options.further?.(pool) ?? []),
      ...listOperations(stores, config, createMailDrill(config, stores.drills)),
    ],
  });
  const { desk } = wireStaffDoor(config, staff, { pool, telemetry: silent, book });

  /** Asked anew for each call: whoever is shut out meanwhile is out. */
  async function whoever(): Promise<StaffIdentity> {
    const admission = await desk.ofBearer(await accessToken(), 'cli');
    if (admission.ok) return admission.identity;
    throw refused(admission.refusal);
  }

  const ask: AskDirectly = async (name, asked) => {
    const { subject, roles } = await whoever();
    const caller: Caller = { subject, roles, channel: 'cli' };
    return operations.ask(name, { caller, ...asked });
  };
  return {
    ask,
    async me() {
      const { subject, name, roles } = await whoever();
      return { subject, name, roles: [...roles], permissions: permissionsOf(roles) };
    },
    async close() {
      await stop();
      await pool.end();
    },
  };
}

const refusals: Record<StaffRefusal, { message: string; remedy: string }> = {
  not_signed_in: {
    message: 'You are not signed in, or not any more.',
    remedy: 'Sign in: fulfillment login --direct',
  },
  second_factor_missing: {
    message: 'You signed in without a second factor.',
    remedy: 'Set one up at the identity provider, then: fulfillment login --direct',
  },
  disabled: { message: 'You are shut out.', remedy: 'Ask an administrator.' },
};

const refused = (refusal: StaffRefusal) =>
  new CommandFailure(refusals[refusal].message, {
    exitCode: exitCodes.notAllowed,
    code: refusal,
    details: [refusals[refusal].remedy],
  });
