/** What a delivery status notification tells, before a mail server puts it into its own words. */
export interface NotificationContent {
  /** Of the mail that it is about, with angle brackets. */
  messageId: string;
  recipient?: string;
  action?: string;
  status?: string;
  /** The other side's words. */
  diagnostic?: string;
  /** Of the notification itself. */
  ownId?: string;
}

export type NotificationStyle = 'Postfix' | 'Exim' | 'Exchange' | 'Gmail' | 'Amazon SES';

const inCrlf = (text: string) => text.replace(/\n/g, '\r\n');

/** The headers of a mail of ours, as other servers give them back. */
const returned = (
  messageId: string,
  recipient: string,
) => `Received: from app.shop.example (unknown [10.0.0.7])
	by mail.shop.example (Postfix) with ESMTPSA id 4T2kQ91zQyz9
	for <${recipient}>; Sun, 22 Nov 2026 10:00:01 +0000 (UTC)
From: Lektura <receipts@shop.example>
To: ${recipient}
Subject: Your receipt
Message-ID: ${messageId}
Date: Sun, 22 Nov 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b1"
`;

/**
 * Notifications in the public formats of mail servers (RFC 3464 and the servers' own additions), written by hand after
 * what each documents or is widely quoted with: Postfix bounce(5), Exim's bounce_message_file and transport filters,
 * Exchange "Non-delivery reports", Gmail "Mail Delivery Subsystem", Amazon SES "Bounce notifications by email".
 */
export const notifications: Record<NotificationStyle, (content: NotificationContent) => string> = {
  Postfix: ({ messageId, recipient = 'jan@example.pl', action = 'failed', ...content }) =>
    inCrlf(`Return-Path: <>
Received: by mail.shop.example (Postfix)
	id 4T2kQB4v1wz9; Sun, 22 Nov 2026 10:00:02 +0000 (UTC)
Date: Sun, 22 Nov 2026 10:00:02 +0000 (UTC)
From: MAILER-DAEMON@mail.shop.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: bounces@shop.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4T2kQ91zQyz9.1795341602/mail.shop.example"
Message-Id: ${content.ownId ?? '<4T2kQB4v1wz9@mail.shop.example>'}

This is a MIME-encapsulated message.

--4T2kQ91zQyz9.1795341602/mail.shop.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail.shop.example.

<${recipient}>: host mx.example.pl[203.0.113.5] said: ${content.diagnostic ?? '550 5.1.1 unknown'}

--4T2kQ91zQyz9.1795341602/mail.shop.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.shop.example
X-Postfix-Queue-ID: 4T2kQ91zQyz9
X-Postfix-Sender: rfc822; bounces@shop.example
Arrival-Date: Sun, 22 Nov 2026 10:00:01 +0000 (UTC)

Final-Recipient: rfc822; ${recipient}
Original-Recipient: rfc822;${recipient}
Action: ${action}
Status: ${content.status ?? '5.1.1'}
Remote-MTA: dns; mx.example.pl
Diagnostic-Code: smtp; ${
      content.diagnostic ??
      `550 5.1.1 <${recipient}>: Recipient address
    rejected: User unknown in virtual mailbox table`
    }

--4T2kQ91zQyz9.1795341602/mail.shop.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <bounces@shop.example>
${returned(messageId, recipient)}
--4T2kQ91zQyz9.1795341602/mail.shop.example--
`),

  Exim: ({ messageId, recipient = 'jan@example.pl', action = 'failed', ...content }) =>
    inCrlf(`Return-path: <>
Received: from Debian-exim by mail.shop.example with local (Exim 4.96)
	id 1vMxyz-000abc-1D; Sun, 22 Nov 2026 10:00:02 +0000
X-Failed-Recipients: ${recipient}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mail.shop.example>
To: bounces@shop.example
References: ${messageId}
Content-Type: multipart/report; report-type=delivery-status; boundary=1795341602-eximdsn-1804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Message-Id: ${content.ownId ?? '<E1vMxyz-000abc-1D@mail.shop.example>'}
Date: Sun, 22 Nov 2026 10:00:02 +0000

--1795341602-eximdsn-1804289383
Content-type: text/plain; charset=us-ascii

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ${recipient}
    host mx.example.pl [203.0.113.5]
    SMTP error from remote mail server after RCPT TO:<${recipient}>:
    ${content.diagnostic ?? '550 5.1.1 unknown'}

--1795341602-eximdsn-1804289383
Content-type: message/delivery-status

Reporting-MTA: dns; mail.shop.example

Action: ${action}
Final-Recipient: rfc822;${recipient}
Status: ${content.status ?? '5.0.0'}
Remote-MTA: dns; mx.example.pl
Diagnostic-Code: smtp; ${content.diagnostic ?? '550-5.1.1 The email account that you tried to reach does not exist.\n 550 5.1.1 gsmtp'}

--1795341602-eximdsn-1804289383
Content-type: message/rfc822

Return-path: <bounces@shop.example>
${returned(messageId, recipient)}
--b1
Content-Type: text/plain

Thank you
--b1--

--1795341602-eximdsn-1804289383--
`),

  Exchange: ({ messageId, recipient = 'jan@example.pl', action = 'failed', ...content }) =>
    inCrlf(`Received: from DB7EX.example.pl (2603:10a6::1) by AM0EX.example.pl with HTTPS;
 Sun, 22 Nov 2026 10:00:02 +0000
MIME-Version: 1.0
From: <postmaster@example.pl>
To: <bounces@shop.example>
Date: Sun, 22 Nov 2026 10:00:02 +0000
Content-Type: multipart/report; report-type=delivery-status;
	boundary="c59a-4b0b_DB7EX"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: pl-PL
Message-ID: ${content.ownId ?? '<8a0f5c1e-2b@DB7EX.example.pl>'}
In-Reply-To: ${messageId}
References: ${messageId}
Subject: =?utf-8?B?TmllIG1vxbxuYSBkb3N0YXJjennEhzogWW91ciByZWNlaXB0?=
Auto-Submitted: auto-replied

--c59a-4b0b_DB7EX
Content-Type: multipart/alternative; differences=Content-Type;
	boundary="9f2e_DB7EX"

--9f2e_DB7EX
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

TmllIG1vxbxuYSBkb3N0YXJjennEhw==

--9f2e_DB7EX
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: base64

PHA+TmllIG1vxbxuYSBkb3N0YXJjennEhzwvcD4=

--9f2e_DB7EX--

--c59a-4b0b_DB7EX
Content-Type: message/delivery-status

Reporting-MTA: dns;DB7EX.example.pl
Received-From-MTA: dns;mail.shop.example
Arrival-Date: Sun, 22 Nov 2026 10:00:01 +0000

Final-Recipient: rfc822;${recipient}
Action: ${action}
Status: ${content.status ?? '5.1.10'}
Diagnostic-Code: smtp;${content.diagnostic ?? '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'}
X-Display-Name: ${recipient}

--c59a-4b0b_DB7EX
Content-Type: message/rfc822

Received: from AM0EX.example.pl by DB7EX.example.pl; Sun, 22 Nov 2026 10:00:01 +0000
${returned(messageId, recipient)}
--c59a-4b0b_DB7EX--
`),

  Gmail: ({ messageId, recipient = 'jan@example.pl', action = 'failed', ...content }) =>
    inCrlf(`Return-Path: <>
Received: by 2002:a05:6402:1a with SMTP id x1mr1edb.1.1795341602;
        Sun, 22 Nov 2026 02:00:02 -0800 (PST)
Content-Type: multipart/report; boundary="000000000000f1"; report-type=delivery-status
To: bounces@shop.example
Auto-Submitted: auto-replied
References: ${messageId}
In-Reply-To: ${messageId}
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
Message-ID: ${content.ownId ?? '<6920b2c2.050a0220.1a2b3.0001.GMR@mx.google.com>'}
Subject: Delivery Status Notification (Failure)
Date: Sun, 22 Nov 2026 02:00:02 -0800 (PST)
MIME-Version: 1.0

--000000000000f1
Content-Type: multipart/related; boundary="000000000000f2"

--000000000000f2
Content-Type: multipart/alternative; boundary="000000000000f3"

--000000000000f3
Content-Type: text/plain; charset="UTF-8"

** Address not found **

--000000000000f3
Content-Type: text/html; charset="UTF-8"

<p>Address not found</p>

--000000000000f3--
--000000000000f2
Content-Type: image/png; name="icon.png"
Content-Disposition: attachment; filename="icon.png"
Content-Transfer-Encoding: base64
Content-ID: <icon.png>

iVBORw0KGgo=
--000000000000f2--
--000000000000f1
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Sun, 22 Nov 2026 02:00:01 -0800 (PST)
X-Original-Message-ID: ${messageId}

Final-Recipient: rfc822; ${recipient}
Action: ${action}
Status: ${content.status ?? '5.1.1'}
Remote-MTA: dns; gmail-smtp-in.l.google.com. (74.125.1.27, the server for the
 domain gmail.com.)
Diagnostic-Code: smtp; ${content.diagnostic ?? "550-5.1.1 The email account that you tried to reach does not exist. Please try\n 550-5.1.1 double-checking the recipient's email address\n 550 5.1.1 a1-2 - gsmtp"}
Last-Attempt-Date: Sun, 22 Nov 2026 02:00:02 -0800 (PST)

--000000000000f1
Content-Type: message/rfc822

X-Google-DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
        d=1e100.net; s=20251104; bh=AAAA=;
${returned(messageId, recipient)}
--b1
Content-Type: text/plain

Thank you
--b1--

--000000000000f1--
`),

  'Amazon SES': ({ messageId, recipient = 'jan@example.pl', action = 'failed', ...content }) =>
    inCrlf(`Return-Path: <>
Received: from a8-60.smtp-out.amazonses.com (a8-60.smtp-out.amazonses.com [54.240.8.60])
	by mx.shop.example with ESMTPS; Sun, 22 Nov 2026 10:00:02 +0000 (UTC)
From: MAILER-DAEMON@amazonses.com
To: bounces@shop.example
Subject: Delivery Status Notification (Failure)
Date: Sun, 22 Nov 2026 10:00:02 +0000
Message-ID: ${content.ownId ?? '<0100019ab3c4d5e6-bounce-000000@email.amazonses.com>'}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; 
	boundary="----=_Part_1795341602_1"

------=_Part_1795341602_1
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 7bit

An error occurred while trying to deliver the mail to the following recipients:
${recipient}

------=_Part_1795341602_1
Content-Type: message/delivery-status
Content-Transfer-Encoding: 7bit

Reporting-MTA: dsn; a8-60.smtp-out.amazonses.com

Action: ${action}
Final-Recipient: rfc822; ${recipient}
Diagnostic-Code: smtp; ${content.diagnostic ?? '550 5.1.1 user unknown'}
Status: ${content.status ?? '5.1.1'}

------=_Part_1795341602_1
Content-Type: message/rfc822

DKIM-Signature: v=1; a=rsa-sha256; q=dns/txt; c=relaxed/simple;
	s=224i4yxa5dv7c2xz3womw6peuasteono; d=amazonses.com; t=1795341601;
${returned(messageId, recipient)}X-SES-Outgoing: 2026.11.22-54.240.8.60

------=_Part_1795341602_1--
`),
};
