import { html } from '../../domain/html.ts';
import type { Html } from '../../domain/html.ts';
import { style } from './style.ts';

/** A labelled fact at the end of a mail; with a link where there is one. */
export interface MailFact {
  label: string;
  text: string;
  url?: string;
}

export function factList(facts: readonly MailFact[]): Html {
  return html`<div class="line" style="${style.facts}">${facts.map(factBlock)}</div>`;
}

/** The same for the text part. */
export function factLines(facts: readonly MailFact[]): string {
  return facts.map(({ label, text, url }) => `${label}: ${text}${url ? `\n${url}` : ''}`).join('\n');
}

function factBlock({ label, text, url }: MailFact): Html {
  const value = url ? html`<a class="ink" href="${url}" style="${style.link}">${text}</a>` : text;
  return html`<div class="fact" style="${style.fact}">
    <span class="soft" style="${style.factLabel}">${label}</span
    ><span class="ink" dir="auto" style="${style.factText}">${value}</span>
  </div>`;
}
