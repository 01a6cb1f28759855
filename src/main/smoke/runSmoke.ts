import { CommandFailure } from '../../cli/failure.ts';
import { underDeadline } from '../../providers/outbound.ts';
import {
  lookAtMetrics,
  lookAtShelf,
  lookForCompletion,
  lookForFiles,
  lookForJob,
  lookForReceipt,
  readBefore,
} from './checks.ts';
import type { Looking } from './checks.ts';
import type { ReceiptMail } from './receiptMail.ts';
import type { SmokeTarget } from './target.ts';
import { waitFor, type Waited } from './waiting.ts';

export interface SmokeResult {
  check: string;
  state: 'ok' | 'failed' | 'skipped';
  /** Seconds from the payment until it was seen. */
  seconds: number;
  evidence: string;
  /** Where to look when it failed. */
  lookAt?: string;
}

export interface SmokeOptions {
  slaSeconds: number;
  /** Ends the looking early. */
  signal?: AbortSignal;
  onResult(result: SmokeResult): void;
}

/** Pays once and looks for everything that is promised, all at the same time. Tells the results in a fixed order. */
export async function runSmoke(target: SmokeTarget, options: SmokeOptions): Promise<SmokeResult[]> {
  const { slaSeconds, onResult, signal: calledOff = new AbortController().signal } = options;
  const before = await underDeadline(calledOff, 20_000, (signal) => readBefore(target, signal));
  calledOff.throwIfAborted();
  const startedMs = performance.now();
  const paid = await target.pay().catch((error: unknown) => {
    if (error instanceof CommandFailure) throw error;
    return error instanceof Error ? error : new Error('the payment failed');
  });
  if (paid instanceof Error) return [notPaid(paid, startedMs, onResult)];
  const { paymentKey } = paid;
  return underDeadline(calledOff, slaSeconds * 1000, (signal) =>
    lookForAll({ target, before, paymentKey, signal }, options),
  );
}

async function lookForAll(looking: Looking, { slaSeconds, onResult }: SmokeOptions): Promise<SmokeResult[]> {
  const { target, before, signal } = looking;
  const startedMs = performance.now();
  const wait = <Value>(look: () => Promise<Value>) => waitFor(look, { signal, pollMs: target.pollMs });
  const begin = <Value>(check: string, lookAt: string, waited: Promise<Waited<Value>>) => ({
    waited,
    show: async (evidence: (value: Value) => string) =>
      toResult({ check, lookAt, startedMs, waited: await waited, evidence }),
  });
  const said = (text: string) => text;

  const receipt = begin(
    'receipt mail',
    target.mailbox.place,
    wait(() => lookForReceipt(looking)),
  );
  const files = begin(
    'download links',
    target.lookAt.log,
    receipt.waited.then((mail) => (mail.came ? wait(() => lookForFiles(mail.value, signal)) : noMail)),
  );
  const shelf = `${target.apiUrl}/v1/shelf with a token of the buyer`;
  const running = [
    begin(
      'accepted',
      target.lookAt.webhooks,
      wait(() => lookForJob(looking)),
    ).show(said),
    begin(
      'job completed',
      target.lookAt.log,
      wait(() => lookForCompletion(looking)),
    ).show(said),
    receipt.show(mailText),
    files.show((found) =>
      found
        .map(({ what, sizeBytes, sha256 }) => `${what} ${sizeBytes} bytes sha256 ${sha256.slice(0, 8)}…`)
        .join(', '),
    ),
    before.token === null
      ? skippedShelf
      : begin(
          'shelf',
          shelf,
          receipt.waited.then((mail) =>
            wait(() => lookAtShelf(looking, mail.came ? mail.value.orderId : null)),
          ),
        ).show(said),
    begin(
      'metrics',
      target.metricsUrls.join(' '),
      wait(() => lookAtMetrics(looking)),
    ).show(said),
  ];
  const results: SmokeResult[] = [];
  const tell = (result: SmokeResult) => {
    results.push(result);
    onResult(result);
  };
  for (const result of running) tell(await result);
  tell(judgeSla(results, slaSeconds));
  return results;
}

function notPaid(error: Error, startedMs: number, onResult: SmokeOptions['onResult']): SmokeResult {
  const seconds = Math.round(performance.now() - startedMs) / 1000;
  const lookAt = 'Stripe: the key, the price, and status.stripe.com';
  const result: SmokeResult = { check: 'payment', state: 'failed', seconds, evidence: error.message, lookAt };
  onResult(result);
  return result;
}

const noMail = { came: false, reason: 'there is no mail to take links from' } as const;
const skippedShelf: Promise<SmokeResult> = Promise.resolve({
  check: 'shelf',
  state: 'skipped',
  seconds: 0,
  evidence: 'left out with --skip-shelf',
});

const mailText = ({ subject, number, pdf }: ReceiptMail) =>
  `“${subject}”, ${number}, ${pdf.fileName} of ${pdf.sizeBytes} bytes${pdf.namesNumber ? ' with that number' : ''}`;

interface Ended<Value> {
  check: string;
  lookAt: string;
  startedMs: number;
  waited: Waited<Value>;
  evidence(value: Value): string;
}

function toResult<Value>({ check, lookAt, startedMs, waited, evidence }: Ended<Value>): SmokeResult {
  const seconds = Math.round(performance.now() - startedMs) / 1000;
  if (waited.came) return { check, state: 'ok', seconds, evidence: evidence(waited.value) };
  return { check, state: 'failed', seconds, evidence: waited.reason, lookAt };
}

function judgeSla(results: readonly SmokeResult[], slaSeconds: number): SmokeResult {
  const seconds = Math.max(...results.map((result) => result.seconds));
  const all = results.every(({ state }) => state !== 'failed');
  const check = 'within the SLA';
  if (all && seconds <= slaSeconds)
    return { check, state: 'ok', seconds, evidence: `everything within ${slaSeconds} s` };
  const evidence = `not everything was there after ${Math.min(seconds, slaSeconds).toFixed(1)} s; the SLA is ${slaSeconds} s`;
  return { check, state: 'failed', seconds, evidence, lookAt: 'the failed checks above' };
}
