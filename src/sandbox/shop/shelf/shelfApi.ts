import { z } from 'zod';

export type BookFormat = z.infer<typeof formatSchema>;
export type ShelfBook = z.infer<typeof bookSchema>;
export type Shelf = z.infer<typeof shelfSchema>;

export interface ShelfApi {
  /** What the bearer of the token owns. */
  list(accessToken: string): Promise<Shelf>;
  /** A fresh link to one file. */
  mintDownload(accessToken: string, wanted: { id: string; format: string }): Promise<string>;
}

/** The API said no. `code` is its own word for why, such as `processing`. */
export class ShelfRefusal extends Error {
  override readonly name = 'ShelfRefusal';
  readonly code: string;

  constructor(code: string) {
    super(`The shelf refused: ${code}.`);
    this.code = code;
  }
}

const timeoutMs = 10_000;
const webAddress = z.url({ protocol: /^https?$/ });

const formatSchema = z.object({
  format: z.string(),
  status: z.enum(['ready', 'processing', 'unavailable']),
  sizeBytes: z.number().optional(),
});
const bookSchema = z.object({
  id: z.string(),
  title: z.string(),
  language: z.string(),
  status: z.enum(['processing', 'active']),
  claim: z.literal('pending').optional(),
  formats: z.array(formatSchema),
  purchasedAt: z.coerce.date(),
  orderId: z.string().nullable(),
  lastDownloadAt: z.coerce.date().nullable(),
  receiptUrl: webAddress.optional(),
  creditNotes: z.array(z.object({ number: z.string(), url: webAddress })).optional(),
});
const shelfSchema = z.object({
  items: z.array(bookSchema),
  notice: z.string().optional(),
});
const mintedSchema = z.object({ url: webAddress });
const problemSchema = z.object({ code: z.string() });

/** The fulfilment API as a shop's server calls it. Throws `ShelfRefusal`, or another error when it cannot be reached. */
export function createShelfApi(baseUrl: string): ShelfApi {
  async function call(path: string, accessToken: string, body?: object): Promise<unknown> {
    const answer = await fetch(`${baseUrl.replace(/\/$/, '')}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        authorization: `Bearer ${accessToken}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body && { body: JSON.stringify(body) }),
    });
    if (answer.ok) return answer.json();
    if (answer.status >= 500) throw new Error(`The shelf's API answered ${answer.status}.`);
    throw new ShelfRefusal(problemSchema.parse(await answer.json()).code);
  }

  return {
    list: async (accessToken) => shelfSchema.parse(await call('/v1/shelf', accessToken)),
    mintDownload: async (accessToken, { id, format }) => {
      const path = `/v1/shelf/${encodeURIComponent(id)}/download`;
      return mintedSchema.parse(await call(path, accessToken, { format })).url;
    },
  };
}
