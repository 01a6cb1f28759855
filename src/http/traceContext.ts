/** W3C Trace Context, version 00. Anything else is nobody's trace. */
const form = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The header `traceparent` where it is well-formed. */
export function traceparentOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && form.test(header) ? header : undefined;
}

/** The id of the trace a request belongs to. All zeros is none. */
export function traceIdOf(header: string | string[] | undefined): string | undefined {
  const [, traceId] = form.exec(typeof header === 'string' ? header : '') ?? [];
  return traceId === undefined || /^0+$/.test(traceId) ? undefined : traceId;
}
