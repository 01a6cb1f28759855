/** What the commands have done for them. main/ gives the duties; the commands turn words into calls and back. */
export interface Duties {
  start(parts: { http: boolean; worker: boolean }): Promise<StartedService>;
  migrate(options: { dryRun: boolean; setPasswords: boolean }): Promise<MigrationReport>;
  /** Tells each finding as soon as it and those before it are known. */
  examine(options: ExamineOptions): Promise<void>;
}

/** What goes for every command. */
export interface Settings {
  /** A file of variables; those of the environment win. */
  envFile?: string;
  /** Words for people, one line each. */
  say(line: string): void;
}

export interface StartedService {
  /** Where it listens, if it does. */
  address?: string;
  stop(): Promise<void>;
}

export interface MigrationReport {
  /** File names, in order; in a dry run those that would be applied. */
  applied: string[];
  alreadyThere: number;
  /** Roles that got their password. */
  passwordsSet: string[];
  /** Variables that would have brought a password and are not set. */
  passwordsMissing: string[];
}

export interface ExamineOptions {
  /** Address that gets one real test mail. */
  sendTestTo?: string;
  onFinding(finding: Finding): void;
}

/** One line of the doctor. Never carries a secret. */
export interface Finding {
  check: string;
  /** `note`: worth knowing, nothing to do. */
  state: 'ok' | 'note' | 'warning' | 'failed';
  detail: string;
  remedy?: string;
}
