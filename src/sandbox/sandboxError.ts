/** A failure of the sandbox that a person can mend. `message` says what is wrong, `remedy` what to do about it. */
export class SandboxError extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string, options?: { cause?: unknown }) {
    super(`${message}\n${remedy}`, options);
    this.name = 'SandboxError';
    this.remedy = remedy;
  }
}
