import type * as OidcLibrary from 'oidc-provider';

type UrlWithParse = { parse?: (text: string, base?: string) => URL | null };

/**
 * Loads oidc-provider. It runs on Node 20, but says at load that it would rather have Node 22, and it calls `URL.parse`,
 * which the first Node 20.19 does not have.
 */
export async function loadOidcProvider(): Promise<typeof OidcLibrary> {
  const url: UrlWithParse = URL;
  url.parse ??= (text, base) => (URL.canParse(text, base) ? new URL(text, base) : null);
  const { warn } = console;
  // oxlint-disable-next-line no-console -- only the notice about Node's age is kept from a newcomer's first screen
  console.warn = (...words: unknown[]) => {
    if (!String(words[0]).includes('Unsupported runtime')) warn(...words);
  };
  try {
    return await import('oidc-provider');
  } finally {
    // oxlint-disable-next-line no-console -- as it was
    console.warn = warn;
  }
}
