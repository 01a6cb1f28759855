import type { SchemaFates } from './fates.ts';
import { houseFates } from './houseFates.ts';
import { orderFates } from './orderFates.ts';
import { workFates } from './workFates.ts';

/**
 * Every column of every table of schema fulfillment, and what becomes of it when a person is forgotten. A test compares
 * it with the migrated database, so a new column needs a line here: in the file of its subject, under its table.
 */
export const columnFates: SchemaFates = { ...orderFates, ...workFates, ...houseFates };
