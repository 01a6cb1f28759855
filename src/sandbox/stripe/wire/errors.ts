export type StripeErrorType = 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';

export interface StripeErrorDetails {
  type?: StripeErrorType;
  code?: string;
  param?: string;
  headers?: Record<string, string>;
}

/** An answer of the API that is an error, with the HTTP status and the envelope Stripe would send. */
export class StripeApiError extends Error {
  readonly status: number;
  readonly details: StripeErrorDetails;

  constructor(status: number, message: string, details: StripeErrorDetails = {}) {
    super(message);
    this.name = 'StripeApiError';
    this.status = status;
    this.details = details;
  }
}

/** Stripe's error envelope. `doc_url` comes with every error that has a code. */
export function errorEnvelope(error: StripeApiError): { error: Record<string, string> } {
  const { type = 'invalid_request_error', code, param } = error.details;
  return {
    error: {
      ...(code !== undefined && {
        code,
        doc_url: `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}`,
      }),
      message: error.message,
      ...(param !== undefined && { param }),
      type,
    },
  };
}

/** The 404 of a retrieve, or the 400 of a parameter that names something that is not there. */
export function resourceMissing(options: {
  what: string;
  id: string;
  param: string;
  status?: 400 | 404;
}): StripeApiError {
  const { what, id, param, status = 404 } = options;
  return new StripeApiError(status, `No such ${what}: '${id}'`, { code: 'resource_missing', param });
}

/** A 400 about one parameter. */
export function badParameter(message: string, param: string, code?: string): StripeApiError {
  return new StripeApiError(400, message, code === undefined ? { param } : { code, param });
}

/** The API error behind a thrown value: itself, or what the server found wrong with the request; undefined for a fault of ours. */
export function knownError(error: unknown): StripeApiError | undefined {
  if (error instanceof StripeApiError) return error;
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  return error instanceof Error && status >= 400 && status < 500
    ? new StripeApiError(status, error.message)
    : undefined;
}
