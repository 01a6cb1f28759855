import { createHash } from 'node:crypto';
import type pg from 'pg';
import { Stripe } from 'stripe';
import { uuidv7 } from 'uuidv7';
import { catchUpBoundMs } from '../intake/catchUp/bound.ts';
import { createEventReader } from '../intake/eventReader.ts';
import { createAcknowledgeAlert } from '../operations/alerts/acknowledgeAlert.ts';
import { createListAlerts } from '../operations/alerts/listAlerts.ts';
import { createListChannels } from '../operations/alerts/listChannels.ts';
import { createTestChannels } from '../operations/alerts/testChannels.ts';
import { createBulkActions } from '../operations/bulk/bulkActions.ts';
import { createBulkOperations } from '../operations/bulk/bulkOperations.ts';
import { createBuyerOperations } from '../operations/buyers/buyerOperations.ts';
import { createTraceCopy } from '../operations/copies/traceCopy.ts';
import { createMergeProfiles } from '../operations/buyers/mergeProfiles.ts';
import { createListCatalog } from '../operations/catalog/listCatalog.ts';
import { createAdoptSales } from '../operations/catchUp/adoptSales.ts';
import { createRunCatchUp } from '../operations/catchUp/runCatchUp.ts';
import { createShowCatchUp } from '../operations/catchUp/showCatchUp.ts';
import { createExportEvidence } from '../operations/evidence/exportEvidence.ts';
import { createFailureOperations } from '../operations/failures/failureOperations.ts';
import type { AnyOperation } from '../operations/frame/operation.ts';
import { createAdoptPayment } from '../operations/grants/adoptPayment.ts';
import { createGrantEntitlement } from '../operations/grants/grantEntitlement.ts';
import { createMailStatus } from '../operations/mail/deliveryStatus.ts';
import { createDropMail, createReleaseMail } from '../operations/mail/decideHeldMail.ts';
import { createRestoreMode } from '../operations/mail/restoreMode.ts';
import { createShowMail } from '../operations/mail/showMail.ts';
import { createExportPerson } from '../operations/people/exportPerson.ts';
import { createErasePerson } from '../operations/people/erasePerson.ts';
import { createRetryJob, createRetryStep } from '../operations/jobs/retryJob.ts';
import { createCancelJob, createHoldJob, createReleaseJob } from '../operations/jobs/standstill.ts';
import { createOrderOperations } from '../operations/orders/orderOperations.ts';
import { createDrillMail, createListDrills } from '../operations/providers/drillMail.ts';
import { createListProviders } from '../operations/providers/listProviders.ts';
import { createPauseMail, createResumeMail } from '../operations/providers/mail.ts';
import { createPauseProvider, createResumeProvider } from '../operations/providers/pausing.ts';
import { createAttributeRefund } from '../operations/refunds/attributeRefund.ts';
import { createEndSessions } from '../operations/staff/endSessions.ts';
import { createListStaff } from '../operations/staff/listStaff.ts';
import { createRestrictStaff } from '../operations/staff/restrictStaff.ts';
import { createReportSla } from '../operations/status/reportSla.ts';
import { createShowStatus } from '../operations/status/showStatus.ts';
import { createExportTrail } from '../operations/trail/exportTrail.ts';
import { createListAudit } from '../operations/trail/listAudit.ts';
import { createVerifyTrail } from '../operations/trail/verifyTrail.ts';
import { createListWebhooks } from '../operations/webhooks/listWebhooks.ts';
import { createReprocessWebhook } from '../operations/webhooks/reprocessWebhook.ts';
import { createShowWebhook } from '../operations/webhooks/showWebhook.ts';
import { sessionIdleMs } from '../staff/staffDesk.ts';
import { resendReceiptPlan, sendLinksPlan, tellOldAddressPlan } from '../steps/askedMails.ts';
import { shelfMergedPlan } from '../steps/claimMails.ts';
import { eraseFilesPlan } from '../steps/eraseFiles.ts';
import { adoptPlan, grantPlan } from '../steps/handMadeOrders.ts';
import { fulfilPlan, settlePlan } from '../steps/plans.ts';
import { bulkDecisions } from '../store/bulk/decisions.ts';
import { createBulkPlanning } from '../store/bulk/planning.ts';
import { createBulkReports } from '../store/bulk/reports.ts';
import { createCatalogReader } from '../store/catalog/readCatalog.ts';
import { createFailureLedger } from '../store/dossier/failures.ts';
import { createCopyTraces } from '../store/files/copyTraces.ts';
import { createOrderDossiers } from '../store/dossier/orderDossiers.ts';
import { createOrderEvidenceReader } from '../store/dossier/orderEvidence.ts';
import { createAuditLog } from '../store/audit/auditLog.ts';
import { createAlertDesk } from '../store/operations/alerts/alertDesk.ts';
import { createChannelDesk } from '../store/operations/alerts/channelDesk.ts';
import { buyerControl } from '../store/operations/buyers/buyerControl.ts';
import { profileControl } from '../store/operations/buyers/profileControl.ts';
import { createCatchUpDesk } from '../store/operations/catchUp/catchUpDesk.ts';
import { handMadeOrders } from '../store/operations/grants/handMadeOrders.ts';
import { createMailGateControl } from '../store/operations/mailGateControl.ts';
import { jobControl } from '../store/operations/jobControl.ts';
import { createDrillBook } from '../store/operations/providers/drillBook.ts';
import { providerPausing } from '../store/operations/providers/providerPausing.ts';
import { createPersonReader } from '../store/privacy/personReader.ts';
import { personControl } from '../store/privacy/personControl.ts';
import { createProviderWatch } from '../store/operations/providers/providerWatch.ts';
import { createServiceStateReader } from '../store/operations/status/readServiceState.ts';
import { createSlaReportReader } from '../store/operations/status/slaReport.ts';
import { refundControl } from '../store/operations/refunds/refundControl.ts';
import { createReceivedEvents } from '../store/operations/webhooks/receivedEvents.ts';
import { createDeliveryWatch } from '../store/mail/evidenceStanding.ts';
import { createSearchStore } from '../store/search/searchStore.ts';
import { createStaffControl } from '../store/staff/control.ts';
import type { MailDrill } from '../ports/mailDrill.ts';
import type { ConfiguredProviders } from '../ports/providerPauses.ts';
import type { Config } from './config.ts';
import { configuredProviders, type ProviderRules } from './configuredProviders.ts';
import { systemClock } from './systemClock.ts';
import { systemRandom } from './systemRandom.ts';
import { createAuditAnchor, createPayments } from './wireProviders.ts';

/** What operations ask of the store. */
export type OperationStores = ReturnType<typeof operationStores>;

/** Over a pool that logs in as `fulfillment_operations`. Nothing is asked of it here. */
export function operationStores(pool: pg.Pool, rules: ProviderRules) {
  const stepsOfProvider = stepsByProvider(configuredProviders(rules));
  return {
    alerts: createAlertDesk(pool),
    alertChannels: createChannelDesk(pool),
    audit: createAuditLog(pool),
    bulk: {
      planning: createBulkPlanning({ stepsOfProvider }),
      decisions: bulkDecisions,
      reports: createBulkReports(pool),
    },
    buyers: buyerControl,
    catalog: createCatalogReader(pool),
    copyTraces: createCopyTraces(pool),
    catchUp: createCatchUpDesk(pool),
    delivery: createDeliveryWatch(pool),
    dossiers: createOrderDossiers(pool),
    drills: createDrillBook(pool),
    events: createReceivedEvents(pool),
    evidence: createOrderEvidenceReader(pool),
    failures: createFailureLedger(pool),
    handMade: handMadeOrders,
    jobs: jobControl,
    mailGate: createMailGateControl(pool),
    pausing: providerPausing,
    people: personControl,
    personReader: createPersonReader(pool),
    profiles: profileControl,
    refunds: refundControl,
    search: createSearchStore({ database: pool, stepsOfProvider }),
    serviceState: createServiceStateReader(pool),
    slaReport: createSlaReportReader(pool),
    staff: createStaffControl(pool),
    watch: createProviderWatch(pool),
  };
}

const mailSteps = [
  'email',
  'late_files_email',
  'granted_email',
  'resend_receipt',
  'send_links',
  'tell_old_address',
  'settle_mail',
  'book_update_email',
  'claim_invitation',
  'claim_reminder',
  'tell_merged',
];

/** So that `provider:` finds what waits for its first call: mail waits for the preferred provider. */
const stepsByProvider = ({ mail, analytics }: ConfiguredProviders): ReadonlyMap<string, readonly string[]> =>
  new Map<string, readonly string[]>([
    ['stripe', ['resolve_order', 'read_money']],
    [mail[0], mailSteps],
    ['storage', ['storage', 'copies', 'update_copies', 'erase_files']],
    ...analytics.map((name) => [name, ['analytics']] as const),
  ]);

/** What of the configuration operations go by. */
export type OperationRules = Pick<
  Config,
  | 'stripe'
  | 'startDate'
  | 'moneyRules'
  | 'mode'
  | 'slaSeconds'
  | 'waitForSessionMs'
  | 'defaultLanguage'
  | 'auditAnchorFile'
  | 'receiptSeriesPrefix'
  | 'creditNoteSeriesPrefix'
  | 'catchUp'
> &
  ProviderRules;

/** Everything people may ask for: the API, its document and the command line are made of this list. */
export function listOperations(
  stores: OperationStores,
  rules: OperationRules,
  drill: MailDrill,
): AnyOperation[] {
  const { jobs, buyers, audit: log } = stores;
  const clock = systemClock;
  const aboutBuyers = {
    jobs,
    buyers,
    plans: {
      resendReceipt: resendReceiptPlan,
      sendLinks: sendLinksPlan,
      tellOldAddress: tellOldAddressPlan,
    },
  };
  return [
    ...createOrderOperations({ dossiers: stores.dossiers, search: stores.search, clock }),
    ...createFailureOperations(stores.failures),
    createRetryJob(jobs),
    createRetryStep(jobs),
    createHoldJob(jobs),
    createReleaseJob(jobs),
    createCancelJob(jobs),
    ...createBuyerOperations(aboutBuyers),
    createExportEvidence(stores.evidence),
    createExportPerson(stores.personReader),
    createErasePerson({ jobs, people: stores.people, plan: eraseFilesPlan }),
    createMergeProfiles({ jobs, profiles: stores.profiles, plan: shelfMergedPlan }),
    createAttributeRefund({ jobs, refunds: stores.refunds, slaSeconds: rules.slaSeconds }),
    ...createBulkOperations({
      ...stores.bulk,
      actions: createBulkActions(aboutBuyers),
      clock,
      sha256: (bytes) => createHash('sha256').update(bytes).digest(),
      // A mail about late files is hardly ever needed: it is not counted before.
      mailSteps: new Set(mailSteps.filter((step) => step !== 'late_files_email')),
    }),
    ...ordersByHand(stores, rules),
    ...aboutTheOutside(stores, rules, drill),
    ...drilling(stores, rules, drill),
    ...catchingUp(stores, rules),
    createListCatalog(stores.catalog),
    createTraceCopy(stores.copyTraces),
    ...aboutHeldMail(stores.mailGate, rules),
    createMailStatus(stores.delivery, { unprovenAfterMs: rules.mail.evidenceAfterMs }),
    createListAlerts(stores.alerts),
    createAcknowledgeAlert(stores.alerts),
    createListChannels(stores.alertChannels),
    createTestChannels(stores.alertChannels),
    createShowStatus({
      state: stores.serviceState,
      watch: stores.watch,
      slaSeconds: rules.slaSeconds,
      configured: configuredProviders(rules),
    }),
    createReportSla({ reader: stores.slaReport, clock }),
    createListAudit({ log, clock }),
    createVerifyTrail({ log, anchor: createAuditAnchor(rules) }),
    createExportTrail({ log, clock }),
    createListStaff(stores.staff, { idleMs: sessionIdleMs }),
    createRestrictStaff(stores.staff),
    createEndSessions(stores.staff),
  ];
}

function aboutHeldMail(gate: OperationStores['mailGate'], rules: OperationRules): AnyOperation[] {
  const { mode, receiptSeriesPrefix, creditNoteSeriesPrefix } = rules;
  return [
    createShowMail(gate, { mode }),
    createReleaseMail({ gate, mode }),
    createDropMail({ gate, mode }),
    createRestoreMode({ gate, receiptSeriesPrefix, creditNoteSeriesPrefix }),
  ];
}

function ordersByHand({ handMade, jobs }: OperationStores, rules: OperationRules): AnyOperation[] {
  const { slaSeconds, defaultLanguage, stripe } = rules;
  const common = { orders: handMade, random: systemRandom, livemode: stripe.livemode, slaSeconds };
  return [
    createGrantEntitlement({ ...common, newId: uuidv7, plan: grantPlan, defaultLanguage }),
    createAdoptPayment({
      ...common,
      jobs,
      plan: adoptPlan,
      settlePlan,
      past: {
        payments: createPayments(rules),
        startDate: rules.startDate,
        rules: rules.moneyRules,
        timeoutMs: 20_000,
      },
    }),
  ];
}

function catchingUp({ catchUp: desk }: OperationStores, rules: OperationRules): AnyOperation[] {
  const clock = systemClock;
  return [
    createShowCatchUp({ desk, adoptPlan, boundMs: catchUpBoundMs(rules.catchUp.intervalMs) }),
    createRunCatchUp({ desk, clock }),
    createAdoptSales({ desk, clock, startDate: rules.startDate }),
  ];
}

function drilling(
  { drills: book, watch }: OperationStores,
  { mail, mode }: OperationRules,
  drill: MailDrill,
): AnyOperation[] {
  return [
    createDrillMail({ drill, book, watch, address: mail.drillAddress, mode }),
    createListDrills({ book, lastsMaxMs: drill.lastsMaxMs }),
  ];
}

function aboutTheOutside(
  { pausing, watch, events, drills: book }: OperationStores,
  rules: OperationRules,
  { lastsMaxMs }: MailDrill,
): AnyOperation[] {
  const { stripe, startDate, slaSeconds, waitForSessionMs } = rules;
  const configured = configuredProviders(rules);
  const read = createEventReader({
    livemode: stripe.livemode,
    startDate,
    plan: fulfilPlan,
    settlePlan,
    slaSeconds,
    waitForSessionMs,
    apiVersion: Stripe.API_VERSION,
  });
  return [
    createListProviders({
      watch,
      configured,
      stepsOfProvider: stepsByProvider(configured),
      drills: { book, lastsMaxMs },
    }),
    createPauseProvider(pausing),
    createResumeProvider(pausing),
    createPauseMail(pausing),
    createResumeMail(pausing),
    createListWebhooks({ events, clock: systemClock }),
    createShowWebhook(events),
    createReprocessWebhook({ events, read }),
  ];
}
