export interface SecondFactorRule {
  required: boolean;
  /** Methods of which one proves a second factor; usually `mfa`. */
  accepted: readonly string[];
}

/** Whether somebody who signed in by these methods (RFC 8176) may come in. */
export function satisfies(methods: readonly string[], { required, accepted }: SecondFactorRule): boolean {
  return !required || methods.some((method) => accepted.includes(method));
}
