import { z } from 'zod';
import type { DeadManSwitch } from '../../ports/alertDelivery.ts';
import { alertFault } from '../alertFault.ts';
import { callJson } from '../jsonCall.ts';
import { createOutboundFetch, type Fetch, parseSecureUrl } from '../outbound.ts';

export interface DeadManSwitchOptions {
  /** What is asked for each minute while all is well, as such services give it out. It is a secret. */
  url: string;
  timeoutMs?: number;
  fetch?: Fetch;
}

/** A service that rings when it hears nothing, such as Healthchecks or Dead Man's Snitch. */
export function createDeadManSwitch({
  url: text,
  timeoutMs = 10_000,
  fetch,
}: DeadManSwitchOptions): DeadManSwitch {
  const url = parseSecureUrl(text, 'url');
  const send = createOutboundFetch({ answerBytesMax: 64 * 1024, origins: [url.origin], fetch });
  return {
    async beat(signal) {
      const answer = await callJson(send, {
        url,
        method: 'GET',
        headers: {},
        timeoutMs,
        shape: z.unknown(),
        signal,
      });
      if (answer.kind !== 'ok') throw alertFault('dead_man', answer);
    },
  };
}
