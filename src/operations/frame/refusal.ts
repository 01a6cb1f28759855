/** Why an operation was not carried out. The word is for programs; HTTP and the command line map it to theirs. */
export type RefusalKind =
  | 'invalid_input'
  | 'not_signed_in'
  | 'not_allowed'
  | 'not_found'
  /** It makes no sense in the state it is in. */
  | 'wrong_state'
  /** It has moved since it was looked at. */
  | 'changed'
  /** The request id was used for something else. */
  | 'request_id_reused'
  | 'too_many';

export interface RefusalOptions {
  kind: RefusalKind;
  /** Stable snake_case word, closer than the kind: `job_completed`, `links_of_claimed_shelf`. */
  code: string;
  /** One sentence. Ids and states; never a buyer's data. */
  detail: string;
  /** What to do about it. */
  remedy?: string;
  /** Which input is meant. */
  field?: string;
  /** For `changed`: what has happened since. */
  changes?: readonly { at: string; what: string }[];
  retryAfterSeconds?: number;
}

/** Thrown by operations; nothing was changed. */
export class Refusal extends Error {
  readonly kind: RefusalKind;
  readonly code: string;
  readonly remedy: string | undefined;
  readonly field: string | undefined;
  readonly changes: RefusalOptions['changes'];
  readonly retryAfterSeconds: number | undefined;

  constructor(options: RefusalOptions) {
    super(options.detail);
    this.name = 'Refusal';
    this.kind = options.kind;
    this.code = options.code;
    this.remedy = options.remedy;
    this.field = options.field;
    this.changes = options.changes;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
