/** A request of its own connection, so that nothing lingers when a stack is stopped and every look goes through the front. */
export function get(
  url: string | URL,
  init: { signal: AbortSignal; headers?: Record<string, string>; redirect?: 'manual' },
): Promise<Response> {
  return fetch(url, { ...init, headers: { ...init.headers, connection: 'close' } });
}
