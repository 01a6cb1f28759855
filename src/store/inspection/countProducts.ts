import type { ClientBase } from 'pg';

/** How many products are in the catalogue. */
export async function countProducts(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'select count(*)::integer as count from fulfillment.catalog_products',
  );
  return rows[0]?.count ?? 0;
}
