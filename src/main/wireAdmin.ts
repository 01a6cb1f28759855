import type pg from 'pg';
import { errorTrace } from '../domain/errorTrace.ts';
import { Fault } from '../domain/fault.ts';
import type { Worker } from '../engine/worker.ts';
import type { AdminRouteOptions } from '../http/admin/adminRoutes.ts';
import { createBulkRunner } from '../operations/bulk/runBulk.ts';
import { createAuditKeeper, type AuditKeeper, type AuditKept } from '../operations/trail/auditKeeper.ts';
import { createPastKeeper } from '../operations/trail/pastKeeper.ts';
import type { AlertBook, AlertToKeep } from '../ports/alertBook.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { createAlertBook } from '../store/alerts/alertBook.ts';
import { createAuditLog } from '../store/audit/auditLog.ts';
import { createRolesHeld } from '../store/bulk/rolesHeld.ts';
import { createBulkWork } from '../store/bulk/work.ts';
import { createDailyDuties } from '../store/operations/dailyDuties.ts';
import { createOperationsPast } from '../store/operations/operationsPast.ts';
import type { Config } from './config.ts';
import { createMailDrill } from './mailDrill.ts';
import { listOperations, operationStores } from './operationList.ts';
import { systemClock } from './systemClock.ts';
import { wireOperations } from './wireOperations.ts';
import { createAuditAnchor } from './wireProviders.ts';
import { wireStaff } from './wireStaff.ts';
import type { Pools } from './wireStores.ts';

export interface WiredAdmin {
  admin: AdminRouteOptions;
  /** Begins with the daily duties of what is kept, and with the runs that people have started. */
  start(): void;
  /** After the server is closed, before the pools end. */
  stop(): Promise<void>;
}

interface Parts {
  pools: Pools;
  telemetry: Telemetry;
  worker: Pick<Worker, 'wake'> | undefined;
}

/** The admin API with everything behind it. Undefined where staff cannot sign in, or have no way to the database. */
export function wireAdmin(config: Config, { pools, telemetry, worker }: Parts): WiredAdmin | undefined {
  const { staff } = config;
  const { operations: pool } = pools;
  if (staff === null || pool === undefined) return undefined;
  const stores = operationStores(pool, config);
  const list = listOperations(stores, config, createMailDrill(config, stores.drills));
  const { operations, book, stop } = wireOperations({ pool, telemetry, worker, list });
  const { identify, routes } = wireStaff(config, staff, { pool, telemetry, book });
  const keeper = wireAuditKeeper(config, pool, telemetry);
  const pastKeeper = createPastKeeper({
    past: createOperationsPast(pool, config.retention),
    log: stores.audit,
    duties: createDailyDuties(pool),
    clock: systemClock,
    failed: (error) => tell(telemetry, 'remove what is no longer kept', error),
  });
  const runner = createBulkRunner({
    name: config.worker.name,
    work: createBulkWork(pool),
    ask: operations.ask,
    rolesOf: createRolesHeld(pool),
    clock: systemClock,
    failed: (error) => tell(telemetry, 'carry out bulk runs', error),
  });
  return {
    admin: { operations, identify, furtherRoutes: [routes] },
    start() {
      keeper.start();
      pastKeeper.start();
      runner.start();
    },
    async stop() {
      await Promise.all([keeper.stop(), pastKeeper.stop(), runner.stop()]);
      await stop();
    },
  };
}

/** What is tried again by itself is no mistake of ours. */
function tell(telemetry: Telemetry, during: string, error: unknown): void {
  const passes = error instanceof Fault && error.kind === 'transient';
  if (passes) telemetry.emit({ name: 'database.unavailable', during, error: error.reason });
  else telemetry.emit({ name: 'unexpected.error', during, ...errorTrace(error) });
}

/** Anchors, closes and prunes the audit once a day. */
function wireAuditKeeper(config: Config, pool: pg.Pool, telemetry: Telemetry): AuditKeeper {
  const during = 'keep the audit';
  const alerts = createAlertBook(pool);
  return createAuditKeeper({
    log: createAuditLog(pool),
    anchor: createAuditAnchor(config),
    duties: createDailyDuties(pool),
    clock: systemClock,
    keepDays: config.retention.auditDays,
    kept({ anchoring }) {
      // Somebody has changed what was anchored: nothing is anchored or pruned until a person has looked.
      if (anchoring.outcome === 'refused')
        telemetry.emit({ name: 'unexpected.error', during, error: `audit_${anchoring.why}` });
      void keepAuditAlert(alerts, anchoring, telemetry);
    },
    failed: (error) => tell(telemetry, during, error),
  });
}

const auditRule = 'audit_chain_broken';

/** As long as the audit is not what was written down of it, somebody has to look. */
async function keepAuditAlert(
  alerts: AlertBook,
  anchoring: AuditKept['anchoring'],
  telemetry: Telemetry,
): Promise<void> {
  const holding: AlertToKeep[] =
    anchoring.outcome === 'refused'
      ? [
          {
            rule: auditRule,
            scope: '',
            severity: 'page',
            summary: `The audit is not what was anchored of it: ${anchoring.why}.`,
          },
        ]
      : [];
  try {
    for (const change of await alerts.keep(auditRule, [''], holding))
      telemetry.emit({ name: 'alert.changed', ...change });
  } catch (error) {
    tell(telemetry, 'keep the audit', error);
  }
}
