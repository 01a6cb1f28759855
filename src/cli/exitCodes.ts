/** What a command's exit code means. Scripts rely on these: numbers are added, never changed. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  notAllowed: 4,
  needsConfirmation: 5,
  partlyFailed: 6,
  checkFailed: 7,
  stillPending: 8,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodesHelp = `Exit codes:
  0    done
  1    failed, or something that is needed cannot be reached
  2    wrong usage, or a configuration that is not valid
  3    not found
  4    not signed in, or not allowed
  5    needs a confirmation, or what was decided on has changed
  6    failed in part: a bulk run, several orders, an export that could not hold all
  7    a check failed (status, doctor, audit verify, catalog, storage, smoke)
  8    still pending when the time was up
  130  interrupted`;
