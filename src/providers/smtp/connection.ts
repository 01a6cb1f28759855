import { isLoopback } from '../outbound.ts';

export interface SmtpConnectionOptions {
  host: string;
  port: number;
  /** TLS from the first byte (port 465). */
  secure: boolean;
  /** STARTTLS or nothing (port 587). */
  requireTls: boolean;
  user?: string;
  password?: string;
  /** Until the connection stands, with name resolution and TLS. */
  connectTimeoutMs: number;
  /** Until the server greets. */
  greetingTimeoutMs: number;
  /** Silence during the dialogue. RFC 5321 §4.5.3.2.6 asks for ten minutes after the final dot. */
  socketTimeoutMs: number;
}

/** Longer answers are nobody's; RFC 5321 §4.5.3.1.5 allows 512 octets a line. */
const answerBytesMax = 64 * 1024;

/**
 * A connection as nodemailer makes one.
 *
 * @throws TypeError when the password would cross a network in the clear
 */
export function connectionOf(options: SmtpConnectionOptions) {
  const { host, port, secure, requireTls, user } = options;
  if (user && !secure && !requireTls && !isLoopback(host)) {
    throw new TypeError(
      'An SMTP login needs `secure` or `requireTls`, or the password crosses the network in the clear.',
    );
  }
  return {
    host,
    port,
    secure,
    requireTLS: requireTls,
    connectionTimeout: options.connectTimeoutMs,
    dnsTimeout: options.connectTimeoutMs,
    greetingTimeout: options.greetingTimeoutMs,
    socketTimeout: options.socketTimeoutMs,
    maxResponseSize: answerBytesMax,
  };
}
