import type { FaultDetails } from '../../domain/fault.ts';
import type { OutboundTrouble } from '../outbound.ts';

export type ShopFailure =
  | { kind: 'outbound'; trouble: OutboundTrouble }
  | { kind: 'answer'; status: number; retryAfterMs?: number | undefined };

type Row = Omit<FaultDetails, 'provider'>;

const lost = (message: string): Row => ({ kind: 'unknown_effect', reason: 'shop_answer_lost', message });

const troubles: Record<OutboundTrouble, Row> = {
  aborted: lost('Telling the shop was called off before the answer.'),
  timeout: lost('The shop’s endpoint did not answer in time.'),
  connection_lost: lost('The connection to the shop’s endpoint broke off.'),
  unreachable: {
    kind: 'transient',
    reason: 'shop_unreachable',
    message: 'The shop’s endpoint cannot be reached, or its certificate is not good.',
  },
  redirected: {
    kind: 'transient',
    reason: 'shop_redirects',
    message: 'The shop’s endpoint answered with a redirect, which is not followed. Check SHOP_WEBHOOK_URL.',
  },
  forbidden_host: {
    kind: 'transient',
    reason: 'shop_unreachable',
    message: 'The address is not the one that is configured.',
  },
  too_large: {
    kind: 'transient',
    reason: 'shop_answer_too_large',
    message: 'The shop’s endpoint answered with more than is read. An empty 204 is enough.',
  },
};

/**
 * The fault table of the shop's endpoint. Whatever it is may be mended by whoever runs it, so it is tried until the
 * attempts are used up; but 410 says that nobody wants it there.
 */
export function shopFault(failure: ShopFailure): FaultDetails {
  return { ...rowOf(failure), provider: 'shop' };
}

function rowOf(failure: ShopFailure): Row {
  if (failure.kind === 'outbound') return troubles[failure.trouble];
  const { status, retryAfterMs } = failure;
  const message = `The shop’s endpoint answered ${status}.`;
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status === 410)
    return {
      kind: 'permanent',
      reason: 'shop_gone',
      message: `${message} Check SHOP_WEBHOOK_URL, then retry the job.`,
    };
  if (status === 429) return { kind: 'rate_limited', reason: 'shop_rate_limited', message, ...wait };
  if (status >= 500 || status === 408)
    return { kind: 'transient', reason: 'shop_unavailable', message, ...wait };
  return { kind: 'transient', reason: 'shop_refused', message };
}
