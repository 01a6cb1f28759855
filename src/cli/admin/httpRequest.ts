import type { PlainJson } from '../../domain/canonicalJson.ts';
import { AdminProblem, type OperationRow } from './adminClient.ts';
import type { Call, HttpRequest, Input } from './httpTransport.ts';

export interface RequestParts {
  apiUrl: string;
  row: OperationRow;
  input: Input;
  call: Call;
  token: string;
}

/**
 * What is sent for an operation: fields its path names go there, the rest into the query or the body.
 * What can be asked by body alone, is: no log of a URL is to keep it.
 */
export function requestFor({
  apiUrl,
  row,
  input,
  call,
  token,
}: RequestParts): Omit<HttpRequest, 'timeoutMs'> {
  const rest = new Map(Object.entries(input));
  const path = row.path.replaceAll(/:([A-Za-z]\w*)/g, (_, name: string) => {
    const value = rest.get(name);
    rest.delete(name);
    if (typeof value !== 'string' && typeof value !== 'number') throw missing(row, name);
    // A dot segment would be resolved away, and the request would go to another path.
    const text = String(value);
    if (text === '' || text === '.' || text === '..') throw missing(row, name);
    return encodeURIComponent(text);
  });
  const url = new URL(`/v1/admin${path}`, apiUrl);
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    'x-fulfillment-channel': 'cli',
  };
  if (row.byBody !== undefined)
    return {
      method: 'POST',
      url: new URL(`/v1/admin${row.byBody}`, apiUrl).href,
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(input),
    };
  if (row.kind === 'read' && !row.audited) {
    for (const [name, value] of rest) for (const text of texts(value)) url.searchParams.append(name, text);
    return { method: 'GET', url: url.href, headers };
  }
  return {
    method: 'POST',
    url: url.href,
    headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': call.requestId },
    body: JSON.stringify({
      ...Object.fromEntries(rest),
      ...(call.reason === undefined ? {} : { reason: call.reason }),
    }),
  };
}

function texts(value: PlainJson): string[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item: PlainJson) => texts(item));
  return [typeof value === 'object' ? JSON.stringify(value) : String(value)];
}

const missing = (row: OperationRow, field: string) =>
  new AdminProblem({
    kind: 'invalid_input',
    code: 'invalid_input',
    field,
    detail: `${row.name} needs ${field}.`,
  });
