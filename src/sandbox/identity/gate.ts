import { html } from '../htmlTemplate.ts';
import type { Html } from '../htmlTemplate.ts';

/** The frame of everything the provider shows: one card, and what stands behind it. */
export function gate(content: Html): Html {
  return html`<main class="gate">
    <div class="card">${content}</div>
    <p class="quiet stand-in">
      This page stands in for Auth0: any address may sign in, and nobody asks for a password.
    </p>
  </main>`;
}
