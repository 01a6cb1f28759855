import { html } from '../htmlTemplate.ts';
import type { Html } from '../htmlTemplate.ts';

/** A cover drawn from the title: the same book has the same colour everywhere in the shop. */
export function bookCover(title: string): Html {
  return html`<div class="cover" style="--hue: ${hueOf(title)}" aria-hidden="true">${title}</div>`;
}

function hueOf(title: string): number {
  return Array.from(title).reduce((hue, letter) => (hue * 31 + (letter.codePointAt(0) ?? 0)) % 360, 7);
}
