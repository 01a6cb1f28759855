import { z } from 'zod';
import { createImapJournal, type ImapJournalOptions } from '../../providers/imap/adapter.ts';
import { get } from './look.ts';
import type { SmokeMailbox } from './target.ts';

const searchShape = z.object({ messages: z.array(z.object({ ID: z.string(), Created: z.coerce.date() })) });

/** An inbox that is read over HTTP in the manner of Mailpit. */
export function apiMailbox(baseUrl: string, recipient: string): SmokeMailbox {
  const base = baseUrl.replace(/\/$/, '');
  return {
    place: base,
    async read(since, signal) {
      const query = encodeURIComponent(`to:"${recipient}"`);
      const { messages } = searchShape.parse(
        await (await ask(`${base}/api/v1/search?query=${query}`, signal)).json(),
      );
      const young = messages.filter(({ Created }) => Created >= since);
      const sources = young.map(async ({ ID }) => {
        const answer = await ask(`${base}/api/v1/message/${encodeURIComponent(ID)}/raw`, signal);
        return new Uint8Array(await answer.arrayBuffer());
      });
      return Promise.all(sources);
    },
  };
}

async function ask(url: string, signal: AbortSignal): Promise<Response> {
  const answer = await get(url, { signal });
  if (answer.ok) return answer;
  await answer.body?.cancel();
  throw new Error(`the inbox answers ${answer.status}`);
}

/** A mailbox over IMAP. It is asked for any mail to the buyer; which one is the receipt is judged by the caller. */
export function imapMailbox(options: Omit<ImapJournalOptions, 'timeoutMs'>, recipient: string): SmokeMailbox {
  const mailbox = createImapJournal({ ...options, timeoutMs: 20_000 });
  const seen: Uint8Array[] = [];
  return {
    place: `${options.mailbox} on ${options.host}`,
    async read(since, signal) {
      const found = await mailbox.waitForMessage(
        { to: recipient, since, matches: (source) => !seen.some((one) => Buffer.compare(one, source) === 0) },
        signal,
      );
      seen.unshift(found.source);
      return seen;
    },
  };
}
