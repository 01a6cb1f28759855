import { isIP, isIPv6 } from 'node:net';

/** The client's address as limits count it: one subscriber has a whole /64 of IPv6 addresses to choose from. */
export function addressKey(address: string): string {
  const [bare = ''] = address.split('%');
  // What a client has made up shares one count.
  if (isIP(bare) === 0) return 'unknown';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(bare)) return bare;
  const [head = '', tail] = bare.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? 0 : tail.split(':').length + (tail.includes('.') ? 1 : 0);
  const gap = tail === undefined ? 0 : 8 - groups.length - after;
  const behind = tail?.split(':') ?? [];
  const whole = [...groups, ...Array<string>(Math.max(0, gap)).fill('0'), ...behind];
  return `${whole
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
