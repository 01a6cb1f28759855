import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import type { Acceptance, MailerConnection, OutgoingMail } from '../../ports/mailer.ts';
import { callJson, type JsonFailure } from '../jsonCall.ts';
import { createOutboundFetch, type Fetch, parseSecureUrl } from '../outbound.ts';
import { resendFault } from './faults.ts';
import { requestFor } from './request.ts';

export interface ResendMailerOptions {
  /** `re_…`; one that may only send is enough. */
  apiKey: string;
  /** Default `https://api.resend.com`; http on loopback only. */
  baseUrl?: string | undefined;
  /** From the call to the end of the answer. */
  timeoutMs: number;
  /** Resend's webhooks are read (`reports.ts`). */
  reportsDeliveries?: boolean | undefined;
  /** Only for tests. */
  fetch?: Fetch | undefined;
}

/** Resend remembers a key for 24 hours; an hour is left for clocks and for a request that is under way. */
const dedupeWindowMs = 23 * 3_600_000;
const answerBytesMax = 64 * 1024;

const accepted = z.object({ id: z.string().regex(/^[\w-]{1,200}$/) });
const domains = z.object({ data: z.array(z.unknown()) });

/**
 * Mails through Resend's API. The key against doubles and the body are made of the mail alone, so every repeat is the
 * same request, and Resend answers it with the id of the first.
 *
 * @throws TypeError when an option cannot be used
 */
export function createResendMailer(options: ResendMailerOptions): MailerConnection {
  const { apiKey, timeoutMs } = options;
  if (!/^[\x21-\x7e]+$/.test(apiKey)) throw new TypeError('The API key of Resend is empty or not one line.');
  const base = parseSecureUrl(options.baseUrl ?? 'https://api.resend.com', 'The address of Resend’s API');
  const at = (path: string) => new URL(path, base.href.endsWith('/') ? base : `${base.href}/`);
  const send = createOutboundFetch({ answerBytesMax, origins: [base.origin], fetch: options.fetch });
  // Resend turns away requests that do not say who asks (resend.com/docs/api-reference/introduction).
  const headers = { authorization: `Bearer ${apiKey}`, 'user-agent': 'fulfillment-orchestrator' };

  return {
    name: 'resend',
    capabilities: {
      dedupe: { windowMs: dedupeWindowMs, repeatAfterMs: 0 },
      lookup: 'none',
      lookupLagMs: 0,
      acceptanceDurable: true,
      deliveryEvents: options.reportsDeliveries ? 'all' : 'none',
    },

    async send(mail: OutgoingMail, signal: AbortSignal): Promise<Acceptance> {
      const { idempotencyKey, body } = await requestFor(mail);
      if (signal.aborted) throw failed({ kind: 'outbound', trouble: 'aborted' }, false);
      const answer = await callJson(send, {
        url: at('emails'),
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
        body,
        timeoutMs,
        shape: accepted,
        signal,
      });
      if (answer.kind !== 'ok') throw failed(answer, true);
      return { provider: 'resend', reference: answer.body.id, evidence: 'answer' };
    },

    async verify(signal: AbortSignal): Promise<void> {
      const url = at('domains');
      const answer = await callJson(send, { url, method: 'GET', headers, timeoutMs, shape: domains, signal });
      if (answer.kind !== 'ok' && !isSendingKey(answer)) throw failed(answer, false);
    },

    close: () => undefined,
  };
}

const failed = (failure: JsonFailure, mayBeTaken: boolean) =>
  new Fault(resendFault({ ...failure, mayBeTaken }));

/** A key that may only send is told so when it asks for anything else, and only after it was found genuine. */
function isSendingKey(failure: JsonFailure): boolean {
  const named = z.object({ name: z.literal('restricted_api_key') });
  return failure.kind === 'answer' && named.safeParse(failure.json).success;
}
