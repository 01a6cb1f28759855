const currencies = new Set(Intl.supportedValuesOf('currency'));
const languageNames = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });

/** Whether there is such a currency, in either case (ISO 4217). */
export const isCurrency = (code: string): boolean => currencies.has(code.toUpperCase());

/** Whether there is such a language (ISO 639-1, two letters). */
export const isLanguage = (code: string): boolean => languageNames.of(code) !== undefined;
