import { momentText } from '../../domain/calendar.ts';
import { html } from '../../domain/html.ts';
import type { Html } from '../../domain/html.ts';
import { printableText } from '../../domain/printableText.ts';
import { claimFooter, claimFrameBytes, printedTitles } from './claimParts.ts';
import type { ClaimedPurchase } from './claimParts.ts';
import { claimWords } from './claimWords.ts';
import { footer, footerText } from './closing.ts';
import {
  button,
  heading,
  htmlBudgetBytes,
  mailPage,
  note,
  paragraph,
  plainLink,
  webAddress,
} from './layout.ts';
import type { MailContent } from './layout.ts';
import { style } from './style.ts';
import { titleLines, titleList } from './titles.ts';

export interface ClaimInvitationInput extends ClaimedPurchase {
  /** 8 capital letters and digits. */
  code: string;
  /** How long the code works from when the mail is made, and when that ends. */
  codeMinutes: number;
  codeExpiresAt: Date;
  /** Where the buyer signs in; may be the same page as `codeUrl`. */
  signInUrl: string;
  /** Where the code is typed. */
  codeUrl: string;
}

/**
 * How a guest takes their books into an account: sign in, type the code. No link claims anything, because scanners
 * fetch links; so neither address may hold the code. Nor do subject and preview, which locked screens show.
 *
 * @throws TypeError when the code is not one, or stands in an address
 */
export function claimInvitationMail(input: ClaimInvitationInput): MailContent {
  refuseCodeInLinks(input);
  const { orderId, language, shop } = input;
  const words = claimWords(language);
  const titles = printedTitles(input);
  const subject = words.inviteSubject(titles.length, orderId);
  const title = words.inviteHeading(titles.length);
  const lead = words.inviteLead(titles.length);
  const notYou = words.notYou(printableText(shop.supportEmail, 254));
  const budgetBytes = htmlBudgetBytes - claimFrameBytes;
  const content = html`${heading(title)} ${paragraph(lead)} ${stepsOf(input)} ${note(notYou)}
  ${paragraph(words.books(titles.length))} ${titleList(titles, { more: words.moreBooks, budgetBytes })}`;
  const closing = claimFooter(input);
  return {
    subject,
    html: mailPage({ language, shop, subject, preview: lead, content, footer: footer(closing) }),
    text: [
      title,
      lead,
      stepsText(input),
      notYou,
      `${words.books(titles.length)}\n${titleLines(titles)}`,
      `—\n${footerText(closing)}\n`,
    ].join('\n\n'),
  };
}

function stepsOf(input: ClaimInvitationInput): Html {
  const { code, codeUrl, signInUrl, shop, language } = input;
  const words = claimWords(language);
  const apart =
    codeUrl !== signInUrl && html`<div>${button(words.enterCode, codeUrl, { shop, quiet: true })}</div>`;
  return html`<p class="ink" style="${style.step}">${words.signInFirst}</p>
    <div>${button(words.signIn, signInUrl, { shop })}</div>
    <p class="soft" style="${style.address}">${plainLink(signInUrl)}</p>
    <p class="ink" style="${style.step}">${words.typeCode}</p>
    <div class="note" style="${style.codeBox}">
      <span class="ink" dir="ltr" style="${style.code}">${code}</span>
      <span class="soft" style="${style.small}">${validUntil(input)} ${words.keepSecret}</span>
    </div>
    ${apart}`;
}

function stepsText(input: ClaimInvitationInput): string {
  const words = claimWords(input.language);
  return [
    `${words.signInFirst}\n   ${webAddress(input.signInUrl)}`,
    `${words.typeCode}\n\n   ${input.code}`,
    ...(input.codeUrl === input.signInUrl ? [] : [`   ${webAddress(input.codeUrl)}`]),
    `${validUntil(input)} ${words.keepSecret}`,
  ].join('\n\n');
}

function validUntil({ codeMinutes, codeExpiresAt, shop, language }: ClaimInvitationInput): string {
  const moment = momentText(codeExpiresAt, shop.timeZone ?? 'UTC', language);
  return claimWords(language).validUntil(codeMinutes, moment);
}

function refuseCodeInLinks({ code, codeUrl, signInUrl }: ClaimInvitationInput): void {
  if (!/^[0-9A-Z]{8}$/.test(code)) throw new TypeError('A claim code has 8 capital letters and digits.');
  const written = `${decoded(codeUrl)} ${decoded(signInUrl)}`.toUpperCase();
  if (written.includes(code)) throw new TypeError('No link in a mail may hold the claim code.');
}

function decoded(url: string): string {
  try {
    return `${url} ${decodeURIComponent(url)}`;
  } catch {
    return url;
  }
}
