import { exitCodes } from '../cli/exitCodes.ts';
import { CommandFailure } from '../cli/failure.ts';
import { type Language, languages } from '../domain/order.ts';
import type { Seller } from '../domain/seller.ts';
import type { ShopIdentity } from '../domain/shop.ts';
import { variables, type VariableName } from './variables.ts';
import { complaint, type Environment } from './variables/readVariables.ts';

export interface PreviewIdentity {
  shop: ShopIdentity;
  seller: Seller;
  receiptSeriesPrefix: string;
  creditNoteSeriesPrefix: string;
  publicBaseUrl: string;
  shelfUrl: string;
  claimUrl: string;
  linkLifetimeMs: number;
  defaultLanguage: Language;
  /** What whoever looks at the preview should know. */
  notes: string[];
}

/** What a preview shows of a shop that is not configured yet. */
const sample = {
  SHOP_NAME: 'Books of Example',
  SHOP_SUPPORT_EMAIL: 'help@books.example',
  MAIL_FROM: 'receipts@books.example',
  PUBLIC_BASE_URL: 'https://books.example',
  SELLER_NAME: 'Books of Example Sp. z o.o.',
  SELLER_ADDRESS: 'ul. Przykładowa 1|00-001 Warszawa|Polska',
} satisfies Partial<Record<VariableName, string>>;

/**
 * The shop as its mails show it, from the few variables that say so. Whatever else a service needs may be missing;
 * no secret is read.
 *
 * @throws CommandFailure when one of them is set and not valid
 */
export function readPreviewIdentity(env: Environment): PreviewIdentity {
  const problems: string[] = [];
  const read = (name: VariableName): unknown => {
    const variable = variables[name];
    const given = env[name]?.trim() ? env[name] : undefined;
    const text = given ?? (name in sample ? sample[name as keyof typeof sample] : variable.default);
    if (text === undefined) return undefined;
    const parsed = variable.schema.safeParse(text);
    if (parsed.success) return parsed.data;
    problems.push(complaint(name, parsed.error.issues[0]?.message ?? 'is not valid').text);
    return undefined;
  };
  const word = (name: VariableName): string => (read(name) as string | undefined) ?? '';
  const maybe = (name: VariableName): string | null => (read(name) as string | undefined) ?? null;

  const [supportEmail, timeZone, replyTo] = [
    word('SHOP_SUPPORT_EMAIL'),
    word('TIME_ZONE'),
    maybe('MAIL_REPLY_TO'),
  ];
  const publicBaseUrl = word('PUBLIC_BASE_URL');
  const identity = {
    shop: {
      name: word('SHOP_NAME'),
      supportEmail,
      colour: word('SHOP_COLOUR'),
      fromAddress: word('MAIL_FROM'),
      timeZone,
      ...(replyTo === null ? {} : { replyTo }),
    },
    seller: {
      name: word('SELLER_NAME'),
      addressLines: read('SELLER_ADDRESS') as string[],
      taxId: maybe('SELLER_TAX_ID'),
      email: maybe('SELLER_EMAIL') ?? supportEmail,
      website: maybe('SELLER_WEBSITE'),
      timeZone,
    },
    receiptSeriesPrefix: word('RECEIPT_SERIES_PREFIX'),
    creditNoteSeriesPrefix: word('CREDIT_NOTE_SERIES_PREFIX'),
    publicBaseUrl,
    shelfUrl: maybe('SHELF_URL') ?? `${publicBaseUrl}/shelf`,
    claimUrl: maybe('CLAIM_URL') ?? maybe('SHELF_URL') ?? `${publicBaseUrl}/shelf`,
    linkLifetimeMs: Number(read('LINK_LIFETIME_HOURS')) * 3_600_000,
    defaultLanguage: languages.find((language) => language === word('SHOP_LANGUAGE')) ?? 'en',
  };
  if (problems.length > 0)
    throw new CommandFailure('The shop is not configured as it should be:', {
      exitCode: exitCodes.usage,
      details: problems,
    });
  return { ...identity, notes: notesOf(env) };
}

function notesOf(env: Environment): string[] {
  const missing = ['SHOP_NAME', 'SHOP_SUPPORT_EMAIL', 'MAIL_FROM'].filter((name) => !env[name]?.trim());
  if (missing.length === 0) return [];
  return [`A sample stands where the shop is not configured: ${missing.join(', ')} not set.`];
}
