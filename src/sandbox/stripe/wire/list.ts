import { z } from 'zod';
import { badParameter, resourceMissing } from './errors.ts';
import type { FormObject } from './form.ts';
import { formInteger, formList, parseParams } from './params.ts';
import type { Db } from '../objectStore.ts';
import type { StripeObject } from '../objects/shapes.ts';

export interface ApiList {
  object: 'list';
  data: StripeObject[];
  has_more: boolean;
  url: string;
}

const createdRange = z.strictObject({
  gt: formInteger().optional(),
  gte: formInteger().optional(),
  lt: formInteger().optional(),
  lte: formInteger().optional(),
});

/** The parameters every list takes. */
export const listParams = {
  created: z.union([formInteger(), createdRange]).optional(),
  ending_before: z.string().min(1).optional(),
  expand: formList(z.string()).optional(),
  limit: formInteger({ min: 1, max: 100 }).optional(),
  starting_after: z.string().min(1).optional(),
};

const pageSchema = z.strictObject(listParams);
export type PageParams = z.infer<typeof pageSchema>;

/** Checks the query of a list that takes these parameters and the common ones. */
export function parseListQuery<S extends z.ZodRawShape>(query: FormObject, filters: S) {
  return parseParams(z.strictObject({ ...listParams, ...filters }), query);
}

/** A condition on an object's row; `$` stands for its value. */
export interface Filter {
  sql: string;
  value: unknown;
}

export interface ListRequest {
  type: string;
  url: string;
  page: PageParams;
  filters?: (Filter | undefined)[];
  /** Line items come in the order of the cart; everything else newest first. */
  oldestFirst?: boolean;
}

/**
 * One page of a list with cursors, as Stripe pages: newest first, `starting_after` goes on, `ending_before` goes back,
 * 10 objects unless told, 100 at most.
 * @throws StripeApiError (400) for two cursors at once, or a cursor that names no object of that type.
 */
export async function listObjects(db: Db, request: ListRequest): Promise<ApiList> {
  const { page, type } = request;
  const backwards = page.ending_before !== undefined;
  if (backwards && page.starting_after !== undefined) {
    throw badParameter('You can only use one of `starting_after` and `ending_before`.', 'ending_before');
  }
  const limit = page.limit ?? 10;
  const downwards = Boolean(request.oldestFirst) === backwards;
  const { sql, values } = whereClause([
    { sql: 'o.type = $', value: type },
    ...createdFilters(page.created),
    ...(request.filters ?? []),
    await cursorFilter(db, request, downwards),
  ]);
  const order = downwards ? 'desc' : 'asc';
  const { rows } = await db.query<{ body: StripeObject }>(
    `select o.body from stripe_sandbox.objects o where ${sql}
     order by o.created ${order}, o.seq ${order} limit ${limit + 1}`,
    values,
  );
  const data = rows.slice(0, limit).map((row) => row.body);
  return {
    object: 'list',
    data: backwards ? data.toReversed() : data,
    has_more: rows.length > limit,
    url: request.url,
  };
}

function createdFilters(created: PageParams['created']): Filter[] {
  if (created === undefined) return [];
  if (typeof created === 'number') return [{ sql: 'o.created = $', value: created }];
  const bounds = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;
  return Object.entries(bounds).flatMap(([bound, operator]) => {
    const value = created[bound as keyof typeof bounds];
    return value === undefined ? [] : [{ sql: `o.created ${operator} $`, value }];
  });
}

/** Objects beyond the cursor, in the direction of reading. Ties within a second go by the order of writing. */
async function cursorFilter(db: Db, request: ListRequest, downwards: boolean): Promise<Filter | undefined> {
  const param = request.page.ending_before === undefined ? 'starting_after' : 'ending_before';
  const id = request.page[param];
  if (id === undefined) return undefined;
  const { rowCount } = await db.query('select from stripe_sandbox.objects where id = $1 and type = $2', [
    id,
    request.type,
  ]);
  if (rowCount === 0) throw resourceMissing({ what: request.type, id, param, status: 400 });
  return {
    sql: `(o.created, o.seq) ${downwards ? '<' : '>'} (select c.created, c.seq from stripe_sandbox.objects c where c.id = $)`,
    value: id,
  };
}

function whereClause(filters: (Filter | undefined)[]): { sql: string; values: unknown[] } {
  const used = filters.filter((filter) => filter !== undefined);
  return {
    sql: used.map((filter, i) => `(${filter.sql.replace('$', () => `$${i + 1}`)})`).join(' and '),
    values: used.map((filter) => filter.value),
  };
}
