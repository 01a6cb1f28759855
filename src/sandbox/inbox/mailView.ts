import { html } from '../htmlTemplate.ts';
import type { Html } from '../htmlTemplate.ts';
import { shownTime } from './mailListView.ts';
import type { MailPart, ParsedMail } from './mailParsing.ts';
import type { StoredMail } from './mailStore.ts';

/** Browsers count a download from a new window as the frame's own, so it needs its own permission. */
export const htmlPartFreedoms = 'allow-popups allow-popups-to-escape-sandbox allow-downloads';

/** One mail: who, what, files, both texts, all headers, source. */
export function mailView(mail: StoredMail, parsed: ParsedMail): Html {
  return html`<main>
    <p><a href="/">Back to the inbox</a></p>
    <h1>${mail.subject || '(no subject)'}</h1>
    <dl class="card">
      <dt>From</dt>
      <dd>${mail.from ? `${mail.from.name} <${mail.from.address}>`.trim() : mail.mailFrom}</dd>
      <dt>To</dt>
      <dd>${mail.recipients.join(', ')}</dd>
      <dt>Arrived</dt>
      <dd>${shownTime(mail.receivedAt)}</dd>
    </dl>
    ${parsed.html ? htmlPart(mail.uid) : null}
    ${parsed.parts.length > 0 ? attachments(mail.uid, parsed.parts) : null}
    <h2>Behind the scenes</h2>
    <details class="card" ${parsed.html ? null : html`open`}>
      <summary>Text part</summary>
      <pre>${parsed.text || 'This mail has no text part.'}</pre>
    </details>
    <details class="card">
      <summary>${parsed.headers.length} headers</summary>
      <pre>${parsed.headers.join('\n')}</pre>
    </details>
    <p>
      <a href="/mail/${mail.uid}/raw">Raw source</a> <span class="quiet">${shownSize(mail.sizeBytes)}</span>
    </p>
  </main>`;
}

function attachments(uid: number, parts: MailPart[]): Html {
  return html`<h2>Attachments</h2>
    <div class="card">
      <ul class="list">
        ${parts.map(
          (part) =>
            html`<li>
              <a href="/mail/${uid}/part/${part.partId}" download>${part.fileName}</a>
              <span class="quiet">${part.contentType}, ${shownSize(part.bytes.length)}</span>
            </li>`,
        )}
      </ul>
    </div>`;
}

function htmlPart(uid: number): Html {
  return html`<div class="card mail">
    <iframe src="/mail/${uid}/html" title="HTML part of the mail" sandbox="${htmlPartFreedoms}"></iframe>
  </div>`;
}

function shownSize(sizeBytes: number): string {
  return sizeBytes < 1000 ? `${sizeBytes} bytes` : `${Math.round(sizeBytes / 1000)} kB`;
}
