import { isAbsolute } from 'node:path';
import { isIP } from 'node:net';
import { z } from 'zod';
import { parseEmailAddress } from '../../domain/emailAddress.ts';
import { isLoopback } from '../../providers/outbound.ts';

/** Says what is wrong. Its result is returned, so that reading ends there. */
type Refuse = (why: string) => never;

/** A schema that reads text by hand. Blanks around the text are dropped. */
export function readAs<Value>(read: (text: string, refuse: Refuse) => Value) {
  return z.string().transform((text, context): Value => {
    const refuse = (why: string) => {
      context.addIssue({ code: 'custom', message: why });
      return z.NEVER;
    };
    return read(text.trim(), refuse);
  });
}

export function words(lengthMax = 500) {
  return readAs((text, refuse) => {
    if (/[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]/u.test(text)) return refuse('must not contain control characters');
    return text.length > lengthMax ? refuse(`must have at most ${lengthMax} characters`) : text;
  });
}

/** A password: any text, blanks included. */
export const password = z.string();

export function pattern(form: RegExp, why: string) {
  return readAs((text, refuse) => (form.test(text) ? text : refuse(why)));
}

export function wholeNumber({ min, max }: { min: number; max: number }) {
  return readAs((text, refuse) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return number >= min && number <= max ? number : refuse(`must be a whole number from ${min} to ${max}`);
  });
}

export function oneOf<const Options extends readonly string[]>(options: Options) {
  return readAs((text, refuse): Options[number] =>
    options.includes(text) ? text : refuse(`must be one of ${options.join(', ')}`),
  );
}

export const absolutePath = readAs((text, refuse) =>
  isAbsolute(text) ? text : refuse('must be an absolute path'),
);

export const trueOrFalse = oneOf(['true', 'false']).transform((text) => text === 'true');

/** Parts between commas or line breaks, without empty ones. */
export const partsOf = (text: string) =>
  text
    .split(/[,\r\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');

const label = '[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?';
const hostForm = new RegExp(String.raw`^(?=.{1,253}$)${label}(\.${label})*\.?$`, 'i');

export const hostName = readAs((text, refuse) =>
  hostForm.test(text) || isIP(text) !== 0
    ? text
    : refuse('must be a host name or an IP address, without port or scheme'),
);

export const port = wholeNumber({ min: 1, max: 65_535 });

export const emailAddress = readAs((text, refuse) => {
  const address = parseEmailAddress(text);
  return address ? address.original : refuse('must be one plain e-mail address, without a display name');
});

/** https anywhere, http on this machine only; no credentials, nothing after the path. */
export const secureUrl = readAs(secureUrlText);

function secureUrlText(text: string, refuse: Refuse): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) return refuse('must be a URL that starts with https://');
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return refuse('must use https; http is accepted on loopback only');
  }
  if (url.username || url.password) return refuse('must not carry a user or password');
  return url.search || url.hash ? refuse('must not have a query or a fragment') : text;
}

/** http or https, for places that take no secrets. */
export const webUrl = readAs((text, refuse) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    return refuse('must be a URL that starts with https:// or http://');
  return url.username || url.password ? refuse('must not carry a user or password') : text;
});

/** Scheme, host and port alone, without the slash at the end. */
export const origin = readAs(originText);

function originText(text: string, refuse: Refuse): string {
  const url = secureUrlText(text, refuse);
  if (!URL.canParse(url)) return url;
  return new URL(url).pathname === '/' ? new URL(url).origin : refuse('must have no path');
}

/** The address of an API, without a path. */
export const secureOrigin = readAs(originText);

export const origins = readAs((text, refuse) => partsOf(text).map((part) => originText(part, refuse)));

export const loopbackUrl = readAs((text, refuse) => {
  const url = secureUrlText(text, refuse);
  return URL.canParse(url) && !isLoopback(new URL(url).hostname)
    ? refuse('must be on loopback, for a stand-in on this machine')
    : url;
});

export const postgresUrl = readAs((text, refuse) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol))
    return refuse('must be a URL that starts with postgres://');
  if (!url.username) return refuse('must name a user');
  if (!url.hostname) return refuse('must name a host');
  return url.pathname.length > 1 ? text : refuse('must name a database after the host');
});

export const timeZone = readAs((text, refuse) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return refuse('must be the IANA name of a time zone');
  }
});

/** A day (its beginning in UTC) or a moment with its offset. */
export const moment = readAs((text, refuse) => {
  const form = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);
  return form.safeParse(text).success
    ? new Date(text)
    : refuse('must be an ISO 8601 day, or a time with its offset');
});
