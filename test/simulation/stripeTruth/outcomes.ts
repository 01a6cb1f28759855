import type { FulfilStack } from '../../builders/fulfilStack.ts';
import type { MemoryMailer } from '../../fakes/memoryMailer.ts';
import type { Account } from './account.ts';

/** What the product made of a payment, as its tables and its mails tell. */
export interface Outcome {
  key: string;
  fulfil: string | null;
  settle: string | null;
  owns: number[];
  entitlements: number;
  receipts: number;
  /** Credits less reversals, in minor units. */
  credited: number;
  /** Refunds with a credit, and those whose credit was taken back. */
  credits: string[];
  reversals: string[];
  notices: string[];
  /** Mails by kind that a mail server really took, and how often. */
  mails: Record<string, number>;
}

interface Row {
  key: string;
  fulfil: string | null;
  settle: string | null;
  owns: number[] | null;
  entitlements: number;
  receipts: number;
  credited: number;
  credits: string[] | null;
  reversals: string[] | null;
  notices: string[] | null;
  mails: Array<{ kind: string; key: string; messageId: string }> | null;
}

const statement = `
select p.payment_key as key,
       (select j.state from fulfillment.fulfillment_jobs j where j.payment_id = p.id and j.kind = 'fulfil') as fulfil,
       (select j.state from fulfillment.fulfillment_jobs j where j.payment_id = p.id and j.kind = 'settle') as settle,
       (select jsonb_agg(e.line_no order by e.line_no) from fulfillment.ebook_entitlements e
         where e.payment_id = p.id and e.state in ('active', 'pending_claim')) as owns,
       (select count(*)::int from fulfillment.ebook_entitlements e where e.payment_id = p.id) as entitlements,
       (select count(*)::int from fulfillment.receipts r where r.payment_id = p.id) as receipts,
       (select coalesce(sum(case c.kind when 'credit' then c.amount else -c.amount end), 0)::int
          from fulfillment.credit_notes c where c.payment_id = p.id) as credited,
       (select jsonb_agg(c.refund_id) from fulfillment.credit_notes c where c.payment_id = p.id and c.kind = 'credit') as credits,
       (select jsonb_agg(c.refund_id) from fulfillment.credit_notes c where c.payment_id = p.id and c.kind = 'reversal') as reversals,
       (select jsonb_agg(n.key order by n.id) from fulfillment.payment_notices n where n.payment_id = p.id) as notices,
       (select jsonb_agg(jsonb_build_object('kind', m.kind, 'key', m.logical_key, 'messageId', m.message_id))
          from fulfillment.email_messages m where m.payment_id = p.id) as mails
  from fulfillment.payments p where p.payment_key = any($1)`;

export async function readOutcomes(
  stack: Pick<FulfilStack, 'rows'>,
  mailer: MemoryMailer,
  accounts: readonly Account[],
): Promise<Map<string, Outcome>> {
  const keys = accounts.map(({ intentId, sessionId }) => intentId ?? sessionId);
  const rows = await stack.rows<Row>(statement, [keys]);
  const taken = new Map<string, number>();
  for (const { messageId } of mailer.taken) taken.set(messageId, (taken.get(messageId) ?? 0) + 1);
  return new Map(
    rows.map((row) => {
      const mails: Record<string, number> = {};
      for (const { kind, messageId } of row.mails ?? [])
        mails[kind] = (mails[kind] ?? 0) + (taken.get(messageId) ?? 0);
      return [
        row.key,
        {
          ...row,
          owns: row.owns ?? [],
          credits: row.credits ?? [],
          reversals: row.reversals ?? [],
          notices: row.notices ?? [],
          mails,
        },
      ];
    }),
  );
}
