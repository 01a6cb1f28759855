/** The order that a row `f` of stored files belongs to, and its own job: nothing where it is not resolved. */
export const orderOfFile = `
  select j.id as job_id, j.order_snapshot from fulfillment.fulfillment_jobs j
   where j.payment_id = f.payment_id and j.kind in ('fulfil', 'adopt', 'grant') and j.order_snapshot is not null
   order by j.id limit 1`;
