import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { getDispute } from '../disputes.ts';
import { render } from '../wire/expand.ts';
import { listObjects, parseListQuery } from '../wire/list.ts';
import { formBoolean, formList, formMetadata, parseParams } from '../wire/params.ts';
import { queryOf, sendObject, sendOnce } from './api.ts';
import type { RouteContext } from './context.ts';

const expandParam = { expand: formList(z.string()).optional() };
const retrieveParams = z.strictObject(expandParam);
const evidenceFields =
  'access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal customer_communication customer_email_address customer_name customer_purchase_ip customer_signature duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number uncategorized_file uncategorized_text'.split(
    ' ',
  );
const isEvidence = (given: object) => Object.keys(given).every((key) => evidenceFields.includes(key));

const updateParams = z.strictObject({
  ...expandParam,
  evidence: z.record(z.string(), z.string().max(20_000)).refine(isEvidence, 'unknown evidence').optional(),
  metadata: formMetadata.optional(),
  submit: formBoolean.optional(),
});

type WithId = { Params: { id: string } };

/** Disputes: retrieve, list, answer with evidence, and close. Only banks open them: see the control API. */
export function addDisputes(server: FastifyInstance, context: RouteContext): void {
  const { pool, disputes } = context;

  server.post<WithId>('/disputes/:id', (request, reply) =>
    sendOnce(context, request, reply, async (db, form, origin) => {
      const { expand, ...answer } = parseParams(updateParams, form);
      const { dispute } = await disputes.answer(db, request.params.id, answer, origin);
      return render(db, dispute, expand);
    }),
  );

  server.post<WithId>('/disputes/:id/close', (request, reply) =>
    sendOnce(context, request, reply, async (db, form, origin) => {
      const { expand } = parseParams(retrieveParams, form);
      const { dispute } = await disputes.close(db, request.params.id, origin);
      return render(db, dispute, expand);
    }),
  );

  server.get<WithId>('/disputes/:id', async (request, reply) => {
    const { expand } = parseParams(retrieveParams, queryOf(request));
    return sendObject(reply, await render(pool, await getDispute(pool, request.params.id), expand));
  });

  server.get('/disputes', async (request, reply) => {
    const {
      charge,
      payment_intent: intent,
      ...page
    } = parseListQuery(queryOf(request), {
      charge: z.string().optional(),
      payment_intent: z.string().optional(),
    });
    const list = await listObjects(pool, {
      type: 'dispute',
      url: '/v1/disputes',
      page,
      filters: [
        charge === undefined ? undefined : { sql: `o.body ->> 'charge' = $`, value: charge },
        intent === undefined ? undefined : { sql: 'o.belongs_to = $', value: intent },
      ],
    });
    return sendObject(reply, await render(pool, list, page.expand));
  });
}
