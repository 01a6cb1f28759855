/** What a command's exit code means. Scripts rely on these: numbers are added, never changed. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  configurationInvalid: 3,
  dependencyUnreachable: 4,
  checkFailed: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodesHelp = `Exit codes:
  0    done
  1    failed
  2    wrong usage
  3    the configuration is not valid
  4    something that is needed cannot be reached
  7    a check failed
  130  interrupted`;
