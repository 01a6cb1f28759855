import { z } from 'zod';
import type { AnyOperation, ChangeOperation, ReadOperation } from '../../src/operations/frame/operation.ts';

const listInput = z.strictObject({
  query: z.string().max(100).describe('What to look for.'),
  limit: z.int().min(1).max(100).default(20).describe('How many.'),
  open: z.boolean().optional().describe('Only those that are open.'),
  states: z.array(z.string()).max(3).optional().describe('Only in one of these states.'),
  least: z
    .union([z.number(), z.literal('all')])
    .optional()
    .describe('The least amount.'),
});

/** Looks by a query string. */
export const listThings: ReadOperation<z.infer<typeof listInput>> = {
  kind: 'read',
  name: 'things:list',
  permission: 'orders:search',
  summary: 'List things',
  path: '/things',
  input: listInput,
  output: z.unknown(),
  read: async (input) => input,
};

const findInput = z.strictObject({
  word: z.string().max(100).describe('What somebody is called.'),
  limit: z.int().min(1).max(100).default(20).describe('How many.'),
});

/** Looks for what no log should keep. */
export const findThings: ReadOperation<z.infer<typeof findInput>> = {
  kind: 'read',
  name: 'things:find',
  permission: 'orders:search',
  summary: 'Find things',
  path: '/found-things',
  byBody: '/found-things/search',
  input: findInput,
  output: z.unknown(),
  read: async (input) => input,
};

const paintInput = z.strictObject({
  thingId: z.string().max(60).describe('Which thing.'),
  version: z.int().positive().describe('The version that was looked at.'),
  colour: z.enum(['red', 'blue']).optional().describe('Its new colour.'),
  labels: z.record(z.string(), z.unknown()).optional().describe('What is written on it.'),
});

/** Changes something. */
export const paintThing: ChangeOperation<z.infer<typeof paintInput>> = {
  kind: 'change',
  name: 'thing:paint',
  permission: 'job:retry',
  summary: 'Paint a thing',
  path: '/things/:thingId/paint',
  reason: 'required',
  input: paintInput,
  output: z.unknown(),
  target: ({ thingId }) => ({ kind: 'thing', id: thingId }),
  change: async () => ({ output: {}, before: {}, after: {} }),
};

const revealInput = z.strictObject({
  thingId: z.string().describe('Which thing.'),
  page: z.int().optional(),
});

/** Looks, and leaves a trace of it. */
export const revealThing: ReadOperation<z.infer<typeof revealInput>> = {
  kind: 'read',
  name: 'thing:reveal',
  permission: 'buyer:reveal',
  summary: 'Show what is inside',
  path: '/things/:thingId/reveal',
  input: revealInput,
  output: z.unknown(),
  audited: ({ thingId }) => ({ target: { kind: 'thing', id: thingId }, reason: 'required' }),
  read: async (input) => input,
};

export const madeUpOperations: AnyOperation[] = [listThings, findThings, paintThing, revealThing];
