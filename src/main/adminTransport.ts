import type { SendHttp } from '../cli/admin/httpTransport.ts';
import { createOutboundFetch, OutboundError, retryAfterMs, underDeadline } from '../providers/outbound.ts';

/** An export may be large; what is larger still is no answer of ours. */
const answerBytesMax = 64 * 1024 * 1024;

const fetch = createOutboundFetch({ answerBytesMax, origins: 'as_named' });

/** Sends the command line's requests: follows no redirect, reads no endless answer, waits no longer than told. */
export const sendHttp: SendHttp = async ({ url, timeoutMs, signal, ...request }) => {
  try {
    const never = new AbortController().signal;
    const init = { ...request, headers: { ...request.headers } };
    return await underDeadline(signal ?? never, timeoutMs, async (deadline) => {
      const response = await fetch(url, { ...init, signal: deadline });
      return {
        status: response.status,
        header: (name: string) => response.headers.get(name),
        retryAfterMs: retryAfterMs(response.headers.get('retry-after'), Date.now()),
        body: await response.text(),
      };
    });
  } catch (error) {
    if (error instanceof OutboundError && error.trouble !== 'forbidden_host')
      return { trouble: error.trouble };
    throw error;
  }
};
