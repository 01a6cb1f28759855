import type { ExamineOptions, Finding } from '../cli/duties.ts';
import { findingsOf, type Check, type CheckContext } from './checks/check.ts';
import { judgeConfiguration } from './checks/configuration.ts';
import { databaseCheck } from './checks/database.ts';
import { drillCheck } from './checks/drill.ts';
import { mailCheck } from './checks/mail.ts';
import { mailGateCheck } from './checks/mailGate.ts';
import { mailReportsCheck } from './checks/mailReports.ts';
import { analyticsCheck, identityCheck, publicUrlCheck } from './checks/outside.ts';
import { schemaCheck } from './checks/schema.ts';
import { scrubCheck } from './checks/scrub.ts';
import { auth0Check } from './checks/auth0.ts';
import { alertsCheck } from './checks/alerts.ts';
import { shopWebhookCheck } from './checks/shopWebhook.ts';
import { staffCheck } from './checks/staff.ts';
import { storageCheck } from './checks/storage.ts';
import { stripeCheck } from './checks/stripe.ts';
import { testMailCheck } from './checks/testMail.ts';
import type { ConfigReading } from './readConfig.ts';

const checks: readonly Check[] = [
  databaseCheck,
  schemaCheck,
  stripeCheck,
  mailCheck,
  mailReportsCheck,
  drillCheck,
  mailGateCheck,
  storageCheck,
  scrubCheck,
  identityCheck,
  staffCheck,
  analyticsCheck,
  shopWebhookCheck,
  alertsCheck,
  auth0Check,
  publicUrlCheck,
];

/** One check with all it asks; only the test mail may take longer, because it waits for the journal. */
const patienceMs = 20_000;
const testMailPatienceMs = 60_000;

export interface DoctorOptions extends ExamineOptions {
  reading: ConfigReading;
  /** Others than the real ones, for tests. */
  checks?: readonly Check[];
}

/** Checks everything at the same time and tells the findings in a fixed order. Starts nothing, changes nothing. */
export async function examine({
  reading,
  sendTestTo,
  sendTestVia,
  onFinding,
  ...options
}: DoctorOptions): Promise<void> {
  for (const finding of judgeConfiguration(reading)) onFinding(finding);
  if (!reading.ok) return;
  const { config, migratorUrl } = reading;
  const begin = (check: Check, timeoutMs: number) =>
    runCheck(check, { config, migratorUrl, signal: AbortSignal.timeout(timeoutMs) });
  const running = (options.checks ?? checks).map((check) => begin(check, patienceMs));
  if (sendTestTo !== undefined)
    running.push(begin(testMailCheck({ to: sendTestTo, via: sendTestVia }), testMailPatienceMs));
  for (const findings of running) for (const finding of await findings) onFinding(finding);
}

/** A check never ends the others: what it throws, or its silence, is a finding too. */
async function runCheck(check: Check, context: CheckContext): Promise<Finding[]> {
  const { failed } = findingsOf(check.name);
  const { signal } = context;
  const tooLate = new Promise<Finding[]>((resolve) => {
    signal.addEventListener('abort', () => resolve([failed('no answer in time')]), { once: true });
  });
  const ran = check
    .run(context)
    .catch((error: unknown) => [failed(`could not be checked: ${nameOf(error)}`)]);
  return Promise.race([ran, tooLate]);
}

const nameOf = (error: unknown) =>
  error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
