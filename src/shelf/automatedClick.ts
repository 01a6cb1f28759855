/** What a request tells about who made it. */
export interface ClickSource {
  method: string;
  userAgent: string | undefined;
  /** `Sec-Purpose`, or one of its older names. */
  purpose: string | undefined;
}

/**
 * Programs that open links nobody has clicked: mail gateways, link previews of messengers, crawlers. Those of
 * them that pretend to be a browser cannot be told apart, which is why a click never uses anything up.
 */
const automated = new RegExp(
  [
    // A name that ends in bot, unless it is the maker of phones.
    '(?<!cu)bot\\b|crawl|spider|scanner|preview|prefetch|headless',
    'barracuda|proofpoint|mimecast|zscaler|trendmicro|trend micro|symantec|messagelabs|forcepoint|fireeye|sophos',
    'ironport|cisco|checkpoint|avanan|cloudmark|virustotal|urlscan|safebrowsing|security ?scan|netcraft',
    'facebookexternalhit|whatsapp/|slack-imgproxy|skypeuripreview|microsoft office|ms-office|msoffice',
    'googleimageproxy|google-read-aloud|feedfetcher|yahoo! slurp|embedly|iframely',
  ].join('|'),
  'i',
);

/** Whether this click counts as nobody's: only a person's GET is a download. */
export function isAutomatedClick({ method, userAgent, purpose }: ClickSource): boolean {
  if (method !== 'GET') return true;
  if (purpose !== undefined && /prefetch|prerender|preview/i.test(purpose)) return true;
  return userAgent === undefined || userAgent.trim() === '' || automated.test(userAgent);
}
