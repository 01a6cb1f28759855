import { html } from '../../domain/html.ts';
import { claimFooter, claimFrameBytes, printedTitles } from './claimParts.ts';
import type { ClaimedPurchase } from './claimParts.ts';
import { claimWords } from './claimWords.ts';
import { footer, footerText } from './closing.ts';
import { button, heading, htmlBudgetBytes, mailPage, paragraph, webAddress } from './layout.ts';
import type { MailContent } from './layout.ts';
import { style } from './style.ts';
import { titleLines, titleList } from './titles.ts';

export interface ClaimReminderInput extends ClaimedPurchase {
  /** The first comes after 24 hours, the second and last after 7 days. */
  reminder: 'first' | 'last';
  /** The page that sends a code when it is asked to; opening it changes nothing. */
  claimUrl: string;
  /** That page is the identity provider's: the buyer chooses a password for an account that waits for them. */
  invited: boolean;
  /** The page where reminders are declined with a button; opening it changes nothing. */
  stopUrl: string;
}

/** A guest's books wait: how to take them into an account, and how not to be reminded. It carries no code. */
export function claimReminderMail(input: ClaimReminderInput): MailContent {
  const { orderId, language, shop, reminder } = input;
  const words = claimWords(language);
  const titles = printedTitles(input);
  const subject = words.remindSubject(titles.length, orderId);
  const title = words.remindHeading(titles.length);
  const lead = words.remindLead(titles.length);
  const again = `${words.yoursAnyway(titles.length)} ${reminder === 'first' ? words.firstOfTwo : words.last}`;
  const [how, go] = input.invited
    ? [words.inviteHow, words.choosePassword]
    : [words.remindHow, words.claimNow];
  const [claimUrl, stopUrl] = [webAddress(input.claimUrl), webAddress(input.stopUrl)];
  const budgetBytes = htmlBudgetBytes - claimFrameBytes;
  const stop = html`<p class="soft" style="${style.footText}">
    <a class="soft" href="${stopUrl}" style="${style.footLink}">${words.stopAsking}</a>
  </p>`;
  const content = html`${heading(title)} ${paragraph(lead)}
    ${titleList(titles, { more: words.moreBooks, budgetBytes })}
    <p class="ink" style="${style.afterList}">${how}</p>
    <div>${button(go, claimUrl, { shop })}</div>
    <p class="soft" style="${style.until}">${again}</p>`;
  const closing = claimFooter(input);
  return {
    subject,
    html: mailPage({
      language,
      shop,
      subject,
      preview: lead,
      content,
      footer: html`${footer(closing)} ${reminder === 'first' && stop}`,
    }),
    text: [
      title,
      lead,
      titleLines(titles),
      `${how}\n${claimUrl}`,
      again,
      `—\n${footerText(closing)}`,
      ...(reminder === 'first' ? [`${words.stopHow} ${stopUrl}`] : []),
      '',
    ]
      .join('\n\n')
      .replace(/\n\n$/, '\n'),
  };
}
