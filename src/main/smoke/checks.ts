import type { Downloaded } from './followDownload.ts';
import { followDownload } from './followDownload.ts';
import { get } from './look.ts';
import { parseMetrics, total, type Samples } from './metricsText.ts';
import { readReceiptMail, type ReceiptMail } from './receiptMail.ts';
import { newOnShelf, readShelf } from './shelf.ts';
import type { SmokeTarget } from './target.ts';
import { Hopeless, NotYet } from './waiting.ts';

/** What was there before the payment, to tell what is new. */
export interface Before {
  metrics: Samples;
  shelfItems: ReadonlySet<string>;
  token: string | null;
  /** Mails that arrived earlier are not looked at. */
  mailSince: Date;
}

/** Reads all that will be compared. Rejects when the target cannot be reached. */
export async function readBefore(target: SmokeTarget, signal: AbortSignal): Promise<Before> {
  const token = await target.accessToken();
  const shelf = token === null ? undefined : await readShelf(target.apiUrl, token, signal);
  return {
    metrics: await readMetrics(target, signal),
    shelfItems: new Set(shelf?.items.map(({ id }) => id)),
    token,
    // A mail server's clock may be a little behind, and IMAP knows whole seconds only.
    mailSince: new Date(Date.now() - 5_000),
  };
}

export interface Looking {
  target: SmokeTarget;
  before: Before;
  paymentKey: string;
  signal: AbortSignal;
}

/** Stripe's word has arrived and is on record. */
export async function lookForJob({ target, before, paymentKey, signal }: Looking): Promise<string> {
  if (target.readTimeline) {
    const { state, events } = await target.readTimeline(paymentKey);
    if (state === null) throw new NotYet('no job for the payment');
    return `job on record: ${events[0] ?? 'no event yet'}`;
  }
  return grown(before, await readMetrics(target, signal), 'fulfillment_webhooks_total', {
    outcome: 'accepted',
  });
}

/** The job has come to its end. */
export async function lookForCompletion({ target, before, paymentKey, signal }: Looking): Promise<string> {
  if (target.readTimeline) {
    const { state, events } = await target.readTimeline(paymentKey);
    if (state === 'completed') return `${events.length} events, the last ${events.at(-1)}`;
    const last = events.at(-1) ?? 'nothing yet';
    if (state === 'failed' || state === 'cancelled')
      throw new Hopeless(`the job is ${state}, its last event ${last}`);
    throw new NotYet(`the job is ${state ?? 'missing'}, its last event ${last}`);
  }
  const now = await readMetrics(target, signal);
  try {
    return grown(before, now, 'fulfillment_sla_jobs_total', { result: 'met' });
  } catch (error) {
    const stuck = now.filter(({ name, value }) => name === 'fulfillment_jobs_active' && value > 0);
    const where = stuck
      .map(({ labels, value }) => `${value} ${labels['state']} at ${labels['step']}`)
      .join(', ');
    throw where === '' ? error : new NotYet(`active jobs: ${where}`);
  }
}

/** The buyer's mail, with a number and a PDF. */
export async function lookForReceipt({ target, before, paymentKey, signal }: Looking): Promise<ReceiptMail> {
  const mails = await target.mailbox.read(before.mailSince, signal);
  let others = 0;
  for (const raw of mails) {
    const receipt = await readReceiptMail(raw);
    // The same address may have got the receipt of an earlier payment a moment ago.
    if (receipt && (await namesPayment(receipt, paymentKey, signal))) return receipt;
    if (receipt) others += 1;
  }
  if (others > 0) throw new NotYet('a receipt to the buyer, but of another payment');
  throw new NotYet(
    mails.length === 0 ? 'no mail to the buyer' : 'a mail to the buyer, but without receipt number and PDF',
  );
}

async function namesPayment(
  { receiptUrl }: ReceiptMail,
  paymentKey: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (receiptUrl === null) throw new Hopeless('the mail has no link to the receipt');
  const page = await get(receiptUrl, { signal });
  return (await page.text()).includes(paymentKey);
}

/** Every link of the mail leads to a book. */
export async function lookForFiles({ links }: ReceiptMail, signal: AbortSignal): Promise<Downloaded[]> {
  if (links.length === 0) throw new Hopeless('the mail has no download links');
  return Promise.all(links.map((link) => followDownload(link, signal)));
}

/** @param orderId as the receipt mail names it; without a mail, whatever is new on the shelf */
export async function lookAtShelf(
  { target, before, signal }: Looking,
  orderId: string | null,
): Promise<string> {
  const shelf = await readShelf(target.apiUrl, before.token ?? '', signal);
  const items = shelf.items.filter((item) => orderId === null || item.orderId === orderId);
  return newOnShelf({ ...shelf, items }, before.shelfItems);
}

export async function lookAtMetrics({ target, before, signal }: Looking): Promise<string> {
  return grown(before, await readMetrics(target, signal), 'fulfillment_latency_seconds_count', {
    outcome: 'completed',
  });
}

async function readMetrics({ metricsUrls }: SmokeTarget, signal: AbortSignal): Promise<Samples> {
  const pages = metricsUrls.map(async (url) => {
    const answer = await get(url, { signal });
    const text = await answer.text();
    if (answer.status !== 200) throw new NotYet(`${url} answers ${answer.status}`);
    return parseMetrics(text);
  });
  return (await Promise.all(pages)).flat();
}

function grown({ metrics }: Before, now: Samples, name: string, labels: Record<string, string>): string {
  const [was, is] = [total(metrics, name, labels), total(now, name, labels)];
  const shown = `${name}{${Object.entries(labels)
    .map(([key, value]) => `${key}="${value}"`)
    .join(',')}} ${was} → ${is}`;
  // A restart in between begins at zero again.
  if (is > was || (is < was && is > 0)) return shown;
  throw new NotYet(`${shown}: it has not grown`);
}
