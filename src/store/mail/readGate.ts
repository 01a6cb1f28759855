import type pg from 'pg';
import type { GateCloser } from '../../domain/mailGate.ts';

/** What has closed the gate that all mail goes through; null: it is open. Any role may ask. */
export async function readGate(pool: pg.Pool): Promise<GateCloser | null> {
  const { rows } = await pool.query<{ why: GateCloser | null }>('select g.why from fulfillment.mail_gate g');
  return rows[0]?.why ?? null;
}
