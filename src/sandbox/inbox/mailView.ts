import { html } from '../htmlTemplate.ts';
import type { Html } from '../htmlTemplate.ts';
import { shownTime } from './mailListView.ts';
import type { MailPart, ParsedMail } from './mailParsing.ts';
import type { StoredMail } from './mailStore.ts';

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
      <dt>Message-ID</dt>
      <dd>${mail.messageId ?? 'none'}</dd>
    </dl>
    ${parsed.parts.length > 0 ? attachments(mail.uid, parsed.parts) : null}
    ${parsed.html ? htmlPart(mail.uid) : null}
    <h2>Text part</h2>
    <div class="card"><pre>${parsed.text || 'This mail has no text part.'}</pre></div>
    <h2>Headers</h2>
    <details class="card">
      <summary>${parsed.headers.length} headers</summary>
      <pre>${parsed.headers.join('\n')}</pre>
    </details>
    <p><a href="/mail/${mail.uid}/raw">Raw source</a> <span class="quiet">${mail.sizeBytes} bytes</span></p>
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
              <span class="quiet">${part.contentType}, ${part.bytes.length} bytes</span>
            </li>`,
        )}
      </ul>
    </div>`;
}

function htmlPart(uid: number): Html {
  return html`<h2>HTML part</h2>
    <div class="card">
      <iframe
        src="/mail/${uid}/html"
        title="HTML part of the mail"
        sandbox="allow-popups allow-popups-to-escape-sandbox"
      ></iframe>
    </div>`;
}
