import type { FastifyInstance } from 'fastify';

export interface Seen {
  status: number;
  /** Absolute; empty when the answer is no redirect. */
  location: string;
  setCookies: string[];
  body: string;
}

/**
 * A browser that carries cookies to a server under test, which is asked without a network, and to others over it.
 *
 * @param origin where the server under test believes to be
 */
export function openBrowser(server: FastifyInstance, origin: string) {
  const jars = new Map<string, Map<string, string>>();
  const jarOf = (url: URL) => {
    const jar = jars.get(url.origin) ?? new Map<string, string>();
    jars.set(url.origin, jar);
    return jar;
  };

  async function ask(address: string, form?: Record<string, string>, more: Record<string, string> = {}) {
    const url = new URL(address, origin);
    const jar = jarOf(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = {
      ...(cookie === '' ? {} : { cookie }),
      ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      ...more,
    };
    const body = form && new URLSearchParams(form).toString();
    const method = form ? 'POST' : 'GET';
    const seen =
      url.origin === origin
        ? await inject(server, { url, method, headers, body })
        : await fetched(url, { method, headers, redirect: 'manual', ...(body ? { body } : {}) });
    for (const line of seen.setCookies) {
      const [pair = ''] = line.split(';');
      const [name = ''] = pair.split('=');
      if (/max-age=0\b/i.test(line)) jar.delete(name);
      else jar.set(name, pair.slice(name.length + 1));
    }
    return seen;
  }

  return {
    cookies: jarOf(new URL(origin)),
    ask,
    visit: (address: string) => ask(address),
    submit: (address: string, form: Record<string, string>) => ask(address, form),
  };
}

export type Browser = ReturnType<typeof openBrowser>;

interface Sent {
  url: URL;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body: string | undefined;
}

async function inject(server: FastifyInstance, { url, method, headers, body }: Sent): Promise<Seen> {
  const answer = await server.inject({
    method,
    url: `${url.pathname}${url.search}`,
    headers,
    ...(body === undefined ? {} : { payload: body }),
  });
  const location = answer.headers.location;
  return {
    status: answer.statusCode,
    location: location === undefined ? '' : new URL(location, url).href,
    setCookies: [answer.headers['set-cookie'] ?? []].flat(),
    body: answer.body,
  };
}

async function fetched(url: URL, init: RequestInit): Promise<Seen> {
  const answer = await fetch(url, init);
  const location = answer.headers.get('location');
  return {
    status: answer.status,
    location: location === null ? '' : new URL(location, url).href,
    setCookies: answer.headers.getSetCookie(),
    body: await answer.text(),
  };
}
