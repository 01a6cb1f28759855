/** The qualifiers of the search box, in the order in which a query is printed. */
export const qualifiers = [
  'status',
  'step',
  'reason',
  'provider',
  'age',
  'amount',
  'created',
  'has',
] as const;
export type Qualifier = (typeof qualifiers)[number];

/** Something that names one payment, job or buyer exactly. */
export type SearchKey =
  | { kind: 'payment_intent' | 'checkout_session' | 'charge' | 'event' | 'job' | 'order'; id: string }
  | { kind: 'receipt'; series: string; number: number }
  /** `canonical` as domain/emailAddress.ts makes it. */
  | { kind: 'email'; canonical: string };

export type Comparison = '<' | '<=' | '>' | '>=';

export type Range<Value> =
  | { kind: 'is'; value: Value }
  | { kind: 'compare'; operator: Comparison; value: Value }
  | { kind: 'between'; from: Value; to: Value };

/**
 * A point or a stretch of time, always UTC. `calendar` is canonical text: `2026-11`, `2026-11-01`,
 * `2026-11-01T14:05Z`, `2026-11-01T14:05:09Z`, `today` or `yesterday`. `ago` counts back from the moment of the search.
 */
export type Moment = { kind: 'calendar'; text: string } | { kind: 'ago'; seconds: number };

export type SearchTerm =
  /** Any of the values. */
  | { qualifier: 'status' | 'step' | 'reason' | 'provider' | 'has'; negated: boolean; values: string[] }
  /** Seconds since an unfinished job was accepted. */
  | { qualifier: 'age'; negated: boolean; range: Range<number> }
  /** Thousandths of the currency's main unit; without a currency, each order's amount in its own. */
  | { qualifier: 'amount'; negated: boolean; range: Range<number>; currency: string | null }
  | { qualifier: 'created'; negated: boolean; range: Range<Moment> };

/** What one box asks for. An empty query asks for the latest orders. */
export interface SearchQuery {
  /** Any of them. */
  keys: SearchKey[];
  /** Together they describe a buyer, typing errors included. */
  words: string[];
  /** All of them. */
  terms: SearchTerm[];
}

/** Values of `has:`, with what each means. */
export const searchFlags = {
  receipt: 'a receipt was issued',
  mail: 'a mail was written',
  refused_mail: 'a provider refused a mail',
  unproven_mail: 'a mail was accepted, and nothing proves it yet',
  repeated_mail: 'a mail may have gone out twice',
  files: 'files are stored for the buyer',
  download: 'the buyer downloaded something',
  revoked: 'something bought was taken back',
  finding: 'reconciliation has an open finding',
} as const;
export type SearchFlag = keyof typeof searchFlags;

/** What steps, reasons and providers are called here. An empty list means: any well-formed name. */
export interface SearchVocabulary {
  steps: readonly string[];
  reasons: readonly string[];
  providers: readonly string[];
}

/** Why a text is no query: which part of it, and what to write instead. */
export interface SearchError {
  code:
    | 'too_long'
    | 'too_many_terms'
    | 'unclosed_quote'
    | 'unknown_qualifier'
    | 'unknown_value'
    | 'bad_value'
    | 'missing_value'
    | 'given_twice'
    | 'cannot_negate'
    | 'unsupported_id'
    | 'too_short';
  /** The part of the text that is meant, as it was typed. */
  token: string;
  /** Where it begins, in UTF-16 code units from the text's start. */
  at: number;
  message: string;
  remedy: string;
  /** The token as it was probably meant. */
  suggestion?: string;
}

/** Bounds of a query that may be asked. */
export const searchLimits = {
  textMaxUnits: 2_000,
  tokensMax: 50,
  valuesMax: 10,
  wordsMaxUnits: 200,
} as const;
