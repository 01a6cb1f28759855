const anyOrigin = 'https://own.invalid';

/** Where staff begin. */
export const startPage = '/ops/';

/**
 * Where to go after the sign-in: a path below `/ops` on our own host. Whatever else is asked for leads to the start, and
 * so does a page of the sign-in itself.
 */
export function returnPathOf(asked: string | undefined): string {
  if (asked === undefined || asked.length > 500 || !/^\/ops(?:[/?]|$)/.test(asked)) return startPage;
  // A backslash is a slash to a browser; two slashes begin a host.
  if (/[\\\s\p{C}]|\/\//u.test(asked) || !URL.canParse(asked, anyOrigin)) return startPage;
  const { origin, pathname, search } = new URL(asked, anyOrigin);
  const stays = origin === anyOrigin && (pathname === '/ops' || pathname.startsWith('/ops/'));
  if (!stays || /^\/ops\/(?:sign-in|sign-out|callback)(?:\/|$)/.test(pathname)) return startPage;
  const path = `${pathname}${search}`;
  // Written out, a letter may take nine characters; the whole must fit into a cookie.
  return path.length <= 500 ? path : startPage;
}
