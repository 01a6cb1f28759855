import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { unsoundnessOf } from '../../domain/soundInput.ts';
import type { AnyOperation } from '../../operations/frame/operation.ts';
import { HttpProblem } from '../problem.ts';
import { type AdminRoute, pathFieldsOf } from './adminRoute.ts';
import { fieldsOf, type InputField } from './inputFields.ts';
import { fromTexts } from './inputText.ts';

/** What somebody asks for, before the operation's schema has judged it. */
export interface AskedByHttp {
  input: unknown;
  requestId?: string;
  reason?: string;
}

export type ReadAsked = (request: FastifyRequest) => AskedByHttp;

const reasonField = 'reason';

/**
 * Reads requests for one operation by one of its routes: path and query, or path and body. The reader throws
 * `HttpProblem`.
 */
export function createAskedReader(operation: AnyOperation, { method, url, again }: AdminRoute): ReadAsked {
  const fields = fieldsOf(operation.input);
  const pathFields = pathFieldsOf(url);
  const byGet = method === 'GET';
  insistOnFittingInput(operation, { fields, pathFields, byGet });

  return (request) => {
    const inPath = fromPath(request, pathFields, fields);
    if (byGet) return { input: withoutTwice(fromQuery(request, fields), inPath) };
    if (request.url.includes('?'))
      throw invalid('This takes no query.', { remedy: 'Send the input as a JSON body.' });
    // Where nobody asks why, a reason is a field too many.
    if (again) return { input: withoutTwice(bodyOf(request), inPath) };
    const { [reasonField]: reason, ...input } = bodyOf(request);
    const requestId = requestIdOf(request, operation);
    return {
      input: withoutTwice(input, inPath),
      ...(requestId === undefined ? {} : { requestId }),
      ...(reason === undefined || reason === null ? {} : { reason: textOf(reason) }),
    };
  };
}

interface Form {
  fields: ReadonlyMap<string, InputField>;
  pathFields: string[];
  byGet: boolean;
}

/** A mistake of ours, so the server does not start with it. */
function insistOnFittingInput({ name }: AnyOperation, { fields, pathFields, byGet }: Form): void {
  for (const field of pathFields)
    if (!fields.has(field)) throw new Error(`${name} has no field ${field}, which its path names.`);
  for (const [field, { kinds, itemKinds }] of fields) {
    if (byGet && (kinds.has('object') || itemKinds.has('object') || itemKinds.has('array')))
      throw new Error(`${name} is read by GET, and its field ${field} does not fit into a query.`);
    if (!byGet && field === reasonField)
      throw new Error(`${name} has a field ${reasonField}, which is what people say why in.`);
  }
}

const pathTexts = z.record(z.string(), z.string());

function fromPath(request: FastifyRequest, names: string[], fields: Form['fields']) {
  const texts = pathTexts.parse(request.params);
  insistOnSound(texts);
  return names.map((name) => [name, fromTexts(name, [texts[name] ?? ''], fields.get(name))] as const);
}

const queryLengthMax = 8 * 1024;
const parametersMax = 200;

function fromQuery({ url }: FastifyRequest, fields: Form['fields']): Record<string, unknown> {
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : '';
  if (query.length > queryLengthMax)
    throw new HttpProblem({
      status: 414,
      code: 'query_too_long',
      detail: `The query is longer than ${queryLengthMax} characters.`,
    });
  const texts = new Map<string, string[]>();
  const parameters = [...new URLSearchParams(query)];
  if (parameters.length > parametersMax)
    throw invalid(`The query has more than ${parametersMax} parameters.`);
  insistOnSound(parameters);
  for (const [name, text] of parameters) texts.set(name, [...(texts.get(name) ?? []), text]);
  return Object.fromEntries(
    Array.from(texts, ([name, all]) => [name, fromTexts(name, all, fields.get(name))]),
  );
}

/** Before any schema looks at it, and whoever asks. */
function insistOnSound(value: unknown): void {
  const trouble = unsoundnessOf(value);
  if (trouble !== undefined) throw invalid(trouble);
}

const bodyForm = z.record(z.string(), z.unknown());

function bodyOf({ body }: FastifyRequest): Record<string, unknown> {
  insistOnSound(body);
  const read = bodyForm.safeParse(body ?? {});
  if (!read.success)
    throw invalid('The body is not a JSON object.', {
      remedy: 'Send the input as {"field": …}, and the reason beside it.',
    });
  return read.data;
}

/** What stands in the path may stand in the body once more, as long as it is the same. */
function withoutTwice(
  given: Record<string, unknown>,
  inPath: ReadonlyArray<readonly [string, unknown]>,
): Record<string, unknown> {
  for (const [name, value] of inPath)
    if (Object.hasOwn(given, name) && given[name] !== value)
      throw invalid(`${name} is one thing in the path and another beside it.`, { field: name });
  return { ...given, ...Object.fromEntries(inPath) };
}

function textOf(reason: unknown): string {
  if (typeof reason === 'string') return reason;
  throw invalid('The reason is not a text.', { field: reasonField, remedy: 'Say in a sentence why.' });
}

const requestIdForm = /^[!-~]{1,200}$/;

function requestIdOf({ headers }: FastifyRequest, { kind }: AnyOperation): string | undefined {
  const given = headers['idempotency-key'];
  if (given === undefined && kind === 'read') return undefined;
  if (typeof given === 'string' && requestIdForm.test(given)) return given;
  const field = 'Idempotency-Key';
  if (given === undefined)
    throw new HttpProblem({
      status: 400,
      code: 'request_id_missing',
      field,
      detail: 'A change needs a request id, so that asking twice does it once.',
      remedy:
        'Send the header Idempotency-Key with a fresh UUID for each wish, and the same one to repeat it.',
    });
  throw new HttpProblem({
    status: 400,
    code: 'request_id_unusable',
    field,
    detail: 'A request id is 1 to 200 printable characters without blanks, sent once.',
    remedy: 'Use a fresh UUID for each wish.',
  });
}

const invalid = (detail: string, more: { field?: string; remedy?: string } = {}) =>
  new HttpProblem({ status: 400, code: 'invalid_input', detail, ...more });
