import { z } from 'zod';
import { checkoutShape, intentShape } from './shapes.ts';

/** Objects as Stripe lists them: the parts that say whether there is anything to do. */
const charge = z.object({
  created: z.int().nonnegative(),
  amount_refunded: z.int().nonnegative(),
  disputed: z.boolean(),
});

const foundIntent = intentShape.pick({
  id: true,
  amount_received: true,
  created: true,
  livemode: true,
  metadata: true,
  status: true,
});
const foundIntentShape = foundIntent.extend({ latest_charge: charge.nullish() });

const foundCheckoutShape = checkoutShape
  .pick({
    id: true,
    amount_total: true,
    created: true,
    livemode: true,
    mode: true,
    payment_status: true,
    status: true,
  })
  .extend({
    payment_intent: z
      .union([z.string(), z.object({ id: z.string(), latest_charge: charge.nullish() })])
      .nullish(),
  });

const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ data: z.array(item), has_more: z.boolean() });

export const intentPageShape = pageOf(foundIntentShape);
export const checkoutPageShape = pageOf(foundCheckoutShape);

/** Of an event only what the list is read by: its content is for the intake, as it is. */
export const foundEventShape = z.object({ id: z.string(), created: z.int().nonnegative() });
export const eventPageShape = pageOf(
  z.custom<unknown>((raw) => foundEventShape.safeParse(raw).success, { error: 'not an event' }),
);

export const endpointPageShape = z.object({
  data: z.array(
    z.object({
      url: z.string(),
      status: z.string(),
      livemode: z.boolean(),
      api_version: z.string().nullish(),
      enabled_events: z.array(z.string()),
    }),
  ),
});

export type FoundIntentShape = z.infer<typeof foundIntentShape>;
export type FoundCheckoutShape = z.infer<typeof foundCheckoutShape>;
