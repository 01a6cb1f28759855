import type { PlainJson } from '../../domain/canonicalJson.ts';

/** What a command must know of an operation to ask for it. main/ gives one row per operation there is. */
export interface OperationRow {
  /** `job:retry` */
  name: string;
  kind: 'read' | 'change';
  /** Whether looking leaves a trace in the audit; always true of a change. */
  audited: boolean;
  /** Whether people have to say why. What an audited look wants depends on its input: `optional` here. */
  reason: 'none' | 'optional' | 'required';
  /** Below `/v1/admin`; `:name` stands for a field of the input. */
  path: string;
  /** Where it can be asked by POST with nothing in the URL. */
  byBody?: string;
}

export interface CallOptions {
  /** Of a change: the same id again does it once. */
  requestId?: string;
  reason?: string;
  signal?: AbortSignal;
}

export interface AdminAnswer {
  output: PlainJson;
  /** The row of audit, where there is one. */
  auditSeq: number | null;
  /** It had been done before, by the same request. */
  repeated: boolean;
}

/** Asks for operations, over the API or directly. */
export interface AdminClient {
  /** @throws AdminProblem when it was not carried out, or nobody can tell whether it was */
  call(name: string, input: Readonly<Record<string, PlainJson>>, options?: CallOptions): Promise<AdminAnswer>;
  /** Who asks, as the other side knows them. */
  me(signal?: AbortSignal): Promise<PlainJson>;
}

export const adminProblemKinds = [
  'invalid_input',
  'not_signed_in',
  'not_allowed',
  'not_found',
  'wrong_state',
  'changed',
  'request_id_reused',
  'too_many',
  /** It cannot be reached, or does not answer in time. */
  'unavailable',
  /** It answered something that makes no sense. */
  'unexpected',
] as const;
export type AdminProblemKind = (typeof adminProblemKinds)[number];

export interface AdminProblemOptions {
  kind: AdminProblemKind;
  /** Stable snake_case word. */
  code: string;
  detail: string;
  remedy?: string | undefined;
  field?: string | undefined;
  /** For `changed`: what has happened since. */
  changes?: ReadonlyArray<{ at: string; what: string }> | undefined;
  retryAfterSeconds?: number | undefined;
  /** How the server calls the request, for whoever reads its log. */
  requestId?: string | undefined;
  cause?: unknown;
}

/** Why an operation was not carried out. */
export class AdminProblem extends Error {
  readonly kind: AdminProblemKind;
  readonly code: string;
  readonly detail: string;
  readonly remedy: string | undefined;
  readonly field: string | undefined;
  readonly changes: AdminProblemOptions['changes'];
  readonly retryAfterSeconds: number | undefined;
  readonly requestId: string | undefined;

  constructor(options: AdminProblemOptions) {
    super(options.detail, { cause: options.cause });
    this.name = 'AdminProblem';
    this.kind = options.kind;
    this.code = options.code;
    this.detail = options.detail;
    this.remedy = options.remedy;
    this.field = options.field;
    this.changes = options.changes;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.requestId = options.requestId;
  }
}
