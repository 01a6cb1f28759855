import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { networkText } from './issuer.ts';

/** What keeps an endpoint from being reached: its name, its certificate. Nothing is sent. Undefined when nothing does. */
export async function endpointTrouble(url: URL, signal: AbortSignal): Promise<string | undefined> {
  try {
    await lookup(url.hostname.replaceAll(/[[\]]/g, ''));
    if (url.protocol === 'https:') await shakeHands(url, signal);
    return undefined;
  } catch (error) {
    return troubleText(error);
  }
}

/** What is mended in different places is told apart: the name, the certificate, and all else. */
function troubleText(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its name cannot be resolved';
  return /CERT|UNABLE_TO_/.test(code ?? '')
    ? `its certificate is not accepted (${code})`
    : networkText(error);
}

/** As far as a certificate that is good, and no further. */
function shakeHands(url: URL, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replaceAll(/[[\]]/g, '');
    // An address is no name that a server could be asked by (RFC 6066).
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = connect({ host, port: Number(url.port || 443), ...name });
    const end = (settle: () => void) => {
      socket.destroy();
      settle();
    };
    socket.once('secureConnect', () => end(resolve));
    socket.once('error', (error) => end(() => reject(error)));
    signal.addEventListener('abort', () => end(() => reject(new Error('no answer in time'))), { once: true });
  });
}
