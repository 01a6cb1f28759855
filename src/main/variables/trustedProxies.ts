import { isIP } from 'node:net';
import { partsOf, readAs } from './kinds.ts';

/** Names of networks that the server knows by itself. */
const networkNames: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** Whose word about the client's address is taken: nobody's, everybody's, or that of some addresses and networks. */
export const trustedProxies = readAs((text, refuse): boolean | string[] => {
  if (text === 'true' || text === 'false') return text === 'true';
  const parts = partsOf(text);
  if (parts.length === 0 || !parts.every(isNetwork))
    return refuse(
      'must be addresses and networks (10.0.0.0/8) separated by commas, the word loopback among them, or false',
    );
  return parts.some((part) => part.endsWith('/0')) ? true : parts;
});

function isNetwork(part: string): boolean {
  if (networkNames.has(part)) return true;
  const [address = '', prefix, ...more] = part.split('/');
  const version = part.includes('%') ? 0 : isIP(address);
  if (version === 0 || more.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}
