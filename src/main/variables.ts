import type { z } from 'zod';
import { alerts } from './variables/alerts.ts';
import { copies } from './variables/copies.ts';
import { database } from './variables/database.ts';
import { http } from './variables/http.ts';
import { mail } from './variables/mail.ts';
import { bounces, journal } from './variables/mailboxes.ts';
import { listmonk, novu, resend, smtp } from './variables/mailProviders.ts';
import { analytics, files, identity } from './variables/outside.ts';
import { auth0 } from './variables/auth0.ts';
import { commandLine, general, worker } from './variables/process.ts';
import { seller, shop } from './variables/shop.ts';
import { shopWebhook } from './variables/shopWebhook.ts';
import { staff } from './variables/staff.ts';
import { storage } from './variables/storage.ts';
import { stripe } from './variables/stripe.ts';
import type { Section, Variable } from './variables/variable.ts';

/** Everything the environment can say, in the order in which people read it. */
export const sections: readonly Section[] = [
  database,
  http,
  stripe,
  mail,
  smtp,
  resend,
  listmonk,
  novu,
  journal,
  bounces,
  shop,
  seller,
  files,
  storage,
  copies,
  identity,
  auth0,
  staff,
  analytics,
  shopWebhook,
  alerts,
  worker,
  general,
  commandLine,
];

const table = {
  ...database.variables,
  ...http.variables,
  ...stripe.variables,
  ...mail.variables,
  ...smtp.variables,
  ...resend.variables,
  ...listmonk.variables,
  ...novu.variables,
  ...journal.variables,
  ...bounces.variables,
  ...shop.variables,
  ...seller.variables,
  ...files.variables,
  ...storage.variables,
  ...copies.variables,
  ...identity.variables,
  ...auth0.variables,
  ...staff.variables,
  ...analytics.variables,
  ...shopWebhook.variables,
  ...alerts.variables,
  ...worker.variables,
  ...general.variables,
  ...commandLine.variables,
};
type Table = typeof table;
export type VariableName = keyof Table;

/** Every variable by its name. */
export const variables: Readonly<Record<VariableName, Variable>> = table;
export const variableNames = Object.keys(table) as VariableName[];

type Value<Entry extends { schema: z.ZodType }> = Entry extends { default: string }
  ? z.output<Entry['schema']>
  : z.output<Entry['schema']> | undefined;

/** What was read. A variable without a default is undefined when it is not set, or not read by the command. */
export type Values = { [Name in VariableName]: Value<Table[Name]> };
