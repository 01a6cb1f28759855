import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import type { Acceptance, MailerCapabilities, MailerConnection, OutgoingMail } from '../../ports/mailer.ts';
import { callJson } from '../jsonCall.ts';
import { createOutboundFetch, type Fetch, parseSecureUrl } from '../outbound.ts';
import { isTakenEarlier, type NovuFailure, novuFault, troubleOfMessage } from './faults.ts';
import { type NovuRequest, requestFor, transactionIdOf } from './request.ts';

export interface NovuMailerOptions {
  /** Secret key of the environment in which the workflow is. */
  apiKey: string;
  /** Default `https://api.novu.co`; `https://eu.api.novu.co` for the EU, or one's own. http on loopback only. */
  baseUrl?: string | undefined;
  /** The identifier of the workflow whose e-mail step prints subject and HTML (docs/mail-novu.md). */
  workflowId: string;
  /** Subscribers are named by a hash of their address under this key; at least 16 bytes. */
  subscriberKey: Uint8Array;
  /** For a whole call, repeats within it included. */
  timeoutMs: number;
  /** Novu's webhooks are read (`reports.ts`). */
  reportsDeliveries?: boolean | undefined;
  /** Only for tests. */
  fetch?: Fetch | undefined;
}

/** Keys are remembered for 24 hours, transactions for a day at least (by plan); an hour is left for clocks. */
const dedupeWindowMs = 23 * 3_600_000;
/** A second run is only prevented once the first has left the queue: Novu looks, and then acts. */
const repeatAfterMs = 60_000;
/** A mail is in the list once its e-mail step has begun, so the queue's backlog is the lag. */
const lookupLagMs = 15 * 60_000;
const answerBytesMax = 256 * 1024;
const keyBytesMin = 16;

const triggered = z.object({
  data: z.object({ acknowledged: z.boolean(), status: z.string(), transactionId: z.string().optional() }),
});
const messages = z.object({
  data: z.array(
    z.object({
      transactionId: z.string(),
      status: z.string().nullish(),
      errorId: z.string().nullish(),
      errorText: z.string().nullish(),
    }),
  ),
});
const workflow = z.object({
  data: z.object({ active: z.boolean(), steps: z.array(z.object({ type: z.string() })) }),
});

/**
 * Mails through a workflow of Novu. The transaction id is made of the Message-ID, so every repeat names the same run.
 *
 * @throws TypeError when an option cannot be used
 */
export function createNovuMailer(options: NovuMailerOptions): MailerConnection {
  const { apiKey, workflowId, subscriberKey, timeoutMs } = options;
  if (!/^[\x21-\x7e]+$/.test(apiKey)) throw new TypeError('The API key of Novu is empty or not one line.');
  if (!/^[\w.-]{1,200}$/.test(workflowId)) throw new TypeError('The identifier of Novu’s workflow is none.');
  if (subscriberKey.byteLength < keyBytesMin)
    throw new TypeError('The key for Novu’s subscribers is too short.');
  const base = parseSecureUrl(options.baseUrl ?? 'https://api.novu.co', 'The address of Novu’s API');
  const at = (path: string) => new URL(path, base.href.endsWith('/') ? base : `${base.href}/`);
  const send = createOutboundFetch({ answerBytesMax, origins: [base.origin], fetch: options.fetch });
  const headers = { authorization: `ApiKey ${apiKey}`, 'user-agent': 'fulfillment-orchestrator' };

  const ask = <Body>(url: URL, shape: z.ZodType<Body>, signal: AbortSignal) =>
    callJson(send, { url, method: 'GET', headers, timeoutMs, shape, signal });

  async function trigger(
    { transactionId, body }: NovuRequest,
    call: { idempotencyKey?: string; timeoutMs: number; signal: AbortSignal },
  ): Promise<{ replayed: boolean; failure: NovuFailure | undefined }> {
    let replayed = false;
    const noticing: Fetch = async (url, init) => {
      const answer = await send(url, init);
      replayed = answer.headers.get('idempotency-replay') === 'true';
      return answer;
    };
    const { idempotencyKey, ...limits } = call;
    const answer = await callJson(noticing, {
      url: at('v1/events/trigger'),
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json',
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      body,
      ...limits,
      shape: triggered,
    });
    if (answer.kind !== 'ok') {
      return { replayed, failure: isTakenEarlier(answer) ? undefined : { ...answer, mayBeTaken: true } };
    }
    const { acknowledged, status: word, transactionId: named } = answer.body.data;
    if (word !== 'processed') return { replayed, failure: { kind: 'status', word, mayBeTaken: true } };
    const isOurs = acknowledged && named === transactionId;
    return {
      replayed,
      failure: isOurs ? undefined : { kind: 'malformed', status: answer.status, mayBeTaken: true },
    };
  }

  async function find(messageId: string, signal: AbortSignal): Promise<Acceptance | undefined> {
    const transactionId = transactionIdOf(messageId);
    if (transactionId === undefined) return undefined;
    const url = at('v1/messages');
    url.search = new URLSearchParams({ channel: 'email', transactionId, limit: '10' }).toString();
    const answer = await ask(url, messages, signal);
    if (answer.kind !== 'ok') throw failed({ ...answer, mayBeTaken: false });
    const found = answer.body.data;
    // Old releases pass over the filter; then finding nothing of ours would mean nothing.
    if (found.some((one) => one.transactionId !== transactionId)) throw new Fault(unfiltered);
    if (found.length === 0) return undefined;
    // Of several runs one that went well is enough.
    const troubles = found.map(troubleOfMessage);
    const [trouble] = troubles;
    if (trouble !== undefined && !troubles.includes(undefined)) throw failed(trouble);
    return { provider: 'novu', reference: transactionId, evidence: 'journal' };
  }

  return {
    name: 'novu',
    capabilities: capabilitiesOf(options.reportsDeliveries === true),

    async send(mail: OutgoingMail, signal: AbortSignal): Promise<Acceptance> {
      const request = await requestFor(mail, { workflowId, subscriberKey });
      if (signal.aborted) throw failed({ kind: 'outbound', trouble: 'aborted', mayBeTaken: false });
      const startedMs = performance.now();
      const { idempotencyKey } = request;
      let { replayed, failure } = await trigger(request, { idempotencyKey, timeoutMs, signal });
      if (replayed && failure) {
        // Novu keeps refusals and failures for a day as well. What it said then says nothing of now, so it is asked
        // without the key; a run that was started all the same is known by its transaction.
        const leftMs = Math.max(1, timeoutMs - (performance.now() - startedMs));
        ({ failure } = await trigger(request, { timeoutMs: leftMs, signal }));
      }
      if (failure) throw failed(failure);
      return { provider: 'novu', reference: request.transactionId, evidence: 'answer' };
    },

    ...(options.reportsDeliveries === true ? { find } : {}),

    async verify(signal: AbortSignal): Promise<void> {
      const answer = await ask(at(`v2/workflows/${encodeURIComponent(workflowId)}`), workflow, signal);
      if (answer.kind === 'answer' && answer.status === 404) throw failed(noSuchWorkflow);
      if (answer.kind !== 'ok') throw failed({ ...answer, mayBeTaken: false });
      const { active, steps } = answer.body.data;
      if (!active) throw failed(status('trigger_not_active'));
      if (!steps.some(({ type }) => type === 'email'))
        throw failed(status('no_workflow_active_steps_defined'));
    },

    close: () => undefined,
  };
}

/**
 * Novu answers when the mail is in its queue. What comes then, one single call to the e-mail provider behind it, fails
 * for good when it fails (docs.novu.co/platform/developer/delivery-retries), and is told by webhook alone; what the
 * queue loses is told by nothing. So the answer proves nothing: its webhooks do, and where they are not read, every mail
 * stays accepted and unproven.
 */
function capabilitiesOf(reportsDeliveries: boolean): MailerCapabilities {
  const dedupe = { windowMs: dedupeWindowMs, repeatAfterMs };
  return reportsDeliveries
    ? { dedupe, lookup: 'message_id', lookupLagMs, acceptanceDurable: false, deliveryEvents: 'all' }
    : { dedupe, lookup: 'none', lookupLagMs: 0, acceptanceDurable: false, deliveryEvents: 'none' };
}

const failed = (failure: NovuFailure) => new Fault(novuFault(failure));
const status = (word: string): NovuFailure => ({ kind: 'status', word, mayBeTaken: false });
const noSuchWorkflow: NovuFailure = {
  kind: 'answer',
  status: 404,
  json: { message: 'workflow_not_found' },
  mayBeTaken: false,
};

const unfiltered = {
  kind: 'needs_human',
  reason: 'novu_misconfigured',
  message: 'This release of Novu cannot look a mail up by its transaction.',
  provider: 'novu',
} as const;
