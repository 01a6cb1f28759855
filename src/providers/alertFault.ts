import { Fault } from '../domain/fault.ts';
import type { JsonFailure } from './jsonCall.ts';

/**
 * What a failed call of a channel means. Pure. Nothing of the answer's text is kept, for what is wrong with an alert may
 * quote it. All are tried again: an alert is never given up.
 */
export function alertFault(provider: string, failure: JsonFailure): Fault {
  if (failure.kind === 'outbound') {
    return new Fault({
      kind: 'transient',
      reason: `${provider}_${failure.trouble}`,
      message: `${provider} gave no answer: ${failure.trouble}.`,
      provider,
    });
  }
  const { status } = failure;
  if (failure.kind === 'answer' && status === 429)
    return new Fault({
      kind: 'rate_limited',
      reason: `${provider}_rate_limited`,
      message: `${provider} asks to wait.`,
      provider,
      ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
    });
  const lasting = failure.kind === 'answer' && status >= 400 && status < 500;
  return new Fault({
    kind: lasting ? 'needs_human' : 'transient',
    reason: lasting ? `${provider}_refused_${status}` : `${provider}_failed_${status}`,
    message: lasting
      ? `${provider} refused the alert with ${status}: its key, its address or what it is allowed.`
      : `${provider} answered ${status}.`,
    provider,
  });
}
