import SMTPConnection from 'nodemailer/lib/smtp-connection/index.js';
import { connectionOf, type SmtpConnectionOptions } from './connection.ts';

/**
 * Connects, logs in where there is a login, and says goodbye; sends nothing. A connection of its own, which is cut when
 * the signal fires: those of the pool cannot be.
 *
 * @throws what nodemailer throws, or the reason of the signal
 */
export async function verifyConnection(options: SmtpConnectionOptions, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw calledOff(signal);
  const { user, password = '' } = options;
  const connection = new SMTPConnection(connectionOf(options));
  try {
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(calledOff(signal)), { once: true });
      connection.on('error', reject);
      connection.once('end', () => reject(codedError('ECONNECTION')));
      connection.connect((failure?: Error | null) => {
        if (failure) return reject(failure);
        if (user === undefined) return resolve();
        if (!connection.allowsAuth) return reject(codedError('ENOAUTH'));
        connection.login({ credentials: { user, pass: password } }, (refused) =>
          refused ? reject(refused) : resolve(),
        );
      });
    });
    connection.quit();
  } finally {
    connection.close();
  }
}

/** Errors as nodemailer makes them, for what it has no error of its own. */
const codedError = (code: string, cause?: unknown) =>
  Object.assign(new Error('The connection was not verified.', { cause }), { code });

const calledOff = (signal: AbortSignal) => codedError('EABORT', signal.reason);
