/** How the shop presents itself in mails and on pages. */
export interface ShopIdentity {
  name: string;
  supportEmail: string;
  /** `#rrggbb`; anything else is replaced by a neutral colour, because a mail must not fail over a colour. */
  colour: string;
  fromAddress: string;
  replyTo?: string;
  /** IANA name of the time zone in which times are told to buyers; UTC when absent. */
  timeZone?: string;
}

const neutralColour = '#1f4e5f';

/** The shop's colour, checked, so that it can stand in a style sheet. */
export function shopColour(shop: Pick<ShopIdentity, 'colour'>): string {
  return /^#[0-9a-f]{6}$/i.test(shop.colour) ? shop.colour.toLowerCase() : neutralColour;
}

/** Relative luminance of `#rrggbb`, 0 (black) to 1 (white). Source: WCAG 2.1, definition of relative luminance. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Black or white, whichever is easier to read on the colour. Either is at least 4.5 : 1 for the better one. */
export function readableOn(colour: string): '#000000' | '#ffffff' {
  const background = luminance(colour);
  return 1.05 / (background + 0.05) >= (background + 0.05) / 0.05 ? '#ffffff' : '#000000';
}
