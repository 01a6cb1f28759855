import { z } from 'zod';

/** Who a child process is. Handed over as its one argument, in JSON. */
export const roleSchema = z.object({
  engine: z.string(),
  variant: z.string(),
  databaseUrl: z.string(),
  redisPort: z.number().optional(),
  processName: z.string(),
  quickRecovery: z.boolean(),
  programs: z.object({ absurdctl: z.string() }),
});

export type Role = z.infer<typeof roleSchema>;

const orders = z.object({ firstOrder: z.number(), orders: z.number() });

export const commandSchema = z.discriminatedUnion('duty', [
  z.object({ duty: z.literal('setup') }),
  z.object({ duty: z.literal('prefill'), orders: z.number(), everything: z.boolean() }),
  orders.extend({ duty: z.literal('enqueue') }),
  orders.extend({ duty: z.literal('enqueueSingly'), inFlight: z.number() }),
  orders.extend({ duty: z.literal('enqueueSteadily'), perSecond: z.number() }),
  z.object({ duty: z.literal('work'), concurrency: z.number() }),
  z.object({ duty: z.literal('countPending') }),
  z.object({ duty: z.literal('tellUsage') }),
  z.object({ duty: z.literal('stop') }),
]);

export type Command = z.infer<typeof commandSchema>;
export const requestSchema = z.object({ id: z.number(), command: commandSchema });

/** What the child says on its own account: that it is ready, and how many orders it has finished. */
export const newsSchema = z.object({ news: z.literal('done'), orders: z.number() });

export const replySchema = z.union([
  z.object({ id: z.number(), answer: z.record(z.string(), z.union([z.number(), z.array(z.number())])) }),
  z.object({ id: z.number(), error: z.string() }),
]);

export type Answer = Record<string, number | number[]>;
export const messageSchema = z.union([newsSchema, replySchema]);
