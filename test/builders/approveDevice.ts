/** Opens the page of a device sign-in, as a person with a browser: types in the code, agrees, and signs in. */
export async function approveDevice(
  pageUrl: string,
  userCode: string,
  email: string,
  { refuse = false, oneFactor = false } = {},
): Promise<void> {
  const cookies = new Map<string, string>();

  async function ask(url: URL, form?: Record<string, string>): Promise<{ url: URL; text: string }> {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const location = answer.headers.get('location');
    if (location !== null) return ask(new URL(location, url));
    return { url, text: await answer.text() };
  }
  const xsrfIn = (text: string) => /name="xsrf" value="([^"]+)"/.exec(text)?.[1] ?? '';

  const input = await ask(new URL(pageUrl));
  const xsrf = xsrfIn(input.text);
  const asked = await ask(input.url, { xsrf, user_code: userCode });
  if (!asked.text.includes(userCode)) throw new Error('The page does not know the code.');
  const choice: Record<string, string> = refuse ? { abort: 'yes' } : { confirm: 'yes' };
  const page = await ask(asked.url, { xsrf, user_code: userCode, ...choice });
  if (refuse) return;
  const done = await ask(page.url, { email, ...(oneFactor ? { one_factor: 'yes' } : {}) });
  if (!done.text.includes('You may close this page')) throw new Error('The device was not signed in.');
}
