import { z } from 'zod';
import { get } from './look.ts';
import { NotYet } from './waiting.ts';

const shelfShape = z.object({
  notice: z.string().optional(),
  items: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      status: z.string(),
      orderId: z.string().nullable(),
      claim: z.string().optional(),
      formats: z.array(z.object({ format: z.string(), status: z.string() })),
    }),
  ),
});

export type SmokeShelf = z.infer<typeof shelfShape>;

export async function readShelf(apiUrl: string, token: string, signal: AbortSignal): Promise<SmokeShelf> {
  const answer = await get(`${apiUrl}/v1/shelf`, { headers: { authorization: `Bearer ${token}` }, signal });
  if (answer.status === 200) return shelfShape.parse(await answer.json());
  await answer.body?.cancel();
  throw new NotYet(`the shelf answers ${answer.status}`);
}

/** What stands on the shelf now and did not before. @throws NotYet until all of it can be downloaded */
export function newOnShelf(shelf: SmokeShelf, before: ReadonlySet<string>): string {
  if (shelf.notice !== undefined) throw new NotYet(`the shelf says ${shelf.notice}`);
  const items = shelf.items.filter(({ id }) => !before.has(id));
  if (items.length === 0) throw new NotYet('nothing new is on the shelf');
  const waiting = items.find(
    ({ status, formats }) => status !== 'active' || formats.some((file) => file.status !== 'ready'),
  );
  if (waiting) throw new NotYet(`“${waiting.title}” is ${waiting.status}`);
  return items
    .map(({ title, formats }) => `“${title}” (${formats.map(({ format }) => format).join(', ')})`)
    .join(', ');
}
