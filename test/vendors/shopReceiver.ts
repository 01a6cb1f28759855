import { createHmac, timingSafeEqual } from 'node:crypto';
import { type HttpBehaviour, type SeenRequest, startFaultHttp } from './faultHttp.ts';

export interface ToldMessage {
  id: string;
  type: string;
  body: string;
  data: Record<string, unknown>;
}

/** The shop's side: an HTTP server that believes nothing but what is signed with a secret of its own. */
export async function startShopReceiver(secret: string) {
  const http = await startFaultHttp();
  const told: ToldMessage[] = [];
  const refused: SeenRequest[] = [];
  let behave: (message: ToldMessage) => HttpBehaviour = () => ({ mode: 'answer', status: 204, text: '' });

  http.otherwise((request) => {
    const message = read(request, secret);
    if (!message) {
      refused.push(request);
      return { mode: 'answer', status: 401 };
    }
    told.push(message);
    return behave(message);
  });

  return {
    url: `${http.url}/told`,
    requests: http.requests,
    /** What was signed as it should be, in the order in which it came. */
    told,
    refused,
    /** How it answers from now on to what it believes. */
    answers(next: (message: ToldMessage) => HttpBehaviour) {
      behave = next;
    },
    stop: () => http.stop(),
  };
}

/** By the specification of Standard Webhooks, with none of the product's code. */
function read({ headers, body }: SeenRequest, secret: string): ToldMessage | undefined {
  const [id, timestamp, given] = ['id', 'timestamp', 'signature'].map((name) =>
    String(headers[`webhook-${name}`] ?? ''),
  );
  if (!id || !given || Math.abs(Date.now() / 1_000 - Number(timestamp)) > 300) return undefined;
  const expected = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
    .update(`${id}.${timestamp}.${body}`)
    .digest();
  const signed = given.split(' ').some((one) => {
    const [version, base64 = ''] = one.split(',');
    const bytes = Buffer.from(base64, 'base64');
    return version === 'v1' && bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
  if (!signed) return undefined;
  const { type, data } = JSON.parse(body) as { type: string; data: Record<string, unknown> };
  return { id, type, body, data };
}
