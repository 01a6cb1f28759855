import type { MailTemplate } from '../domain/mailTemplates.ts';
import type { Language } from '../domain/order.ts';
import type {
  CatalogReport,
  DoneImport,
  ImportProgress,
  PlannedImport,
  StoreReport,
} from '../ports/catalogOutcome.ts';
import type { FoundMark } from '../ports/bookMarking.ts';
import type { ScrubPart, ScrubReport } from '../ports/storageScrub.ts';
import type { DeviceCode, DevicePoll, IssuedTokens } from '../ports/staff.ts';
import type { AdminClient, OperationRow } from './admin/adminClient.ts';

/** What of the service runs in a process. */
export interface ServiceParts {
  http: boolean;
  worker: boolean;
  /** The watch over the others, alone. */
  sentinel?: boolean;
}

/** What the commands have done for them. main/ gives the duties; the commands turn words into calls and back. */
export interface Duties {
  start(parts: ServiceParts): Promise<StartedService>;
  migrate(options: { dryRun: boolean; setPasswords: boolean }): Promise<MigrationReport>;
  /** Tells each finding as soon as it and those before it are known. */
  examine(options: ExamineOptions): Promise<void>;
  admin(): AdminDuties;
  mailPreview(): MailPreviewDuties;
  catalog(): CatalogDuties;
  storage(): StorageDuties;
  marks(): MarkDuties;
  shopWebhook(): ShopWebhookDuties;
}

/** The shop's own endpoint. */
export interface ShopWebhookDuties {
  /**
   * Sends one signed message of type `webhook.test`, once.
   *
   * @throws CommandFailure when none is configured, Fault when it was not taken
   */
  test(signal: AbortSignal): Promise<{ url: string; id: string; status: number; secrets: number }>;
}

/** What is stored, checked where the configuration of the service is. */
export interface StorageDuties {
  /**
   * Goes through what is stored, as whoever is signed in. A store that is down ends it: the report tells so.
   *
   * @throws CommandFailure, AdminProblem
   */
  scrub(given: ScrubGiven): Promise<{ report: ScrubReport; auditSeq: number | null }>;
}

export interface ScrubGiven {
  part: ScrubPart;
  /** Files stored from then on. */
  since: Date | undefined;
  repair: boolean;
  /** The most files this time. */
  limit: number | undefined;
  reason: string | undefined;
  signal: AbortSignal;
  onProgress(progress: {
    checked: number;
    checkedBytes: number;
    broken: number;
    repaired: number;
    key: string;
  }): void;
}

/** Marks in files of this machine. The file goes nowhere. */
export interface MarkDuties {
  /** @throws CommandFailure when there is no such file, Fault when it cannot be read here */
  find(path: string, signal: AbortSignal): Promise<FoundMark[]>;
}

/** The catalogue, with files of this machine: past the API, where the configuration of the service is. */
export interface CatalogDuties {
  /** Checks a catalogue file and the books it names; needs no database and stores nothing. */
  checkFile(given: CatalogGiven): Promise<CatalogReport>;
  /** Checks every file of the catalogue in the store. */
  checkStore(given: Pick<CatalogGiven, 'signal' | 'onProgress'>): Promise<StoreReport>;
  /** Says what an import would do, to those who may. @throws CommandFailure, AdminProblem */
  plan(given: ImportGiven): Promise<PlannedImport>;
  /**
   * Imports, as whoever is signed in. With problems nothing is stored.
   *
   * @param agree called once everything is checked and before anything is stored; throws when they do not want it
   * @throws CommandFailure, AdminProblem
   */
  import(
    given: ImportGiven,
    agree: (planned: PlannedImport) => Promise<void>,
  ): Promise<{ report: CatalogReport } | { report: DoneImport; auditSeq: number | null }>;
}

export interface CatalogGiven {
  /** Of the catalogue. */
  path: string;
  /** Whether books may lie outside of its directory. */
  allowOutside: boolean;
  signal: AbortSignal;
  onProgress(progress: ImportProgress): void;
}

export interface ImportGiven extends CatalogGiven {
  notify: boolean;
  changePrices: boolean;
  reason: string | undefined;
}

/** Mails with sample data. */
export interface MailPreviewDuties {
  /** @throws CommandFailure when what is set of the shop is not valid */
  render(template: MailTemplate, language: Language | undefined): Promise<PreviewedMail>;
  /** Writes the page there, or into a directory of its own for what is temporary. Returns the path. */
  keep(mail: PreviewedMail, out: string | undefined): Promise<string>;
  /** Shows a file as this machine shows pages; false where nothing can. */
  open(path: string): Promise<boolean>;
}

export interface PreviewedMail {
  /** `receipt.en` */
  name: string;
  subject: string;
  from: { name: string; address: string };
  html: string;
  text: string;
  /** Names of the files that come with it. */
  attachments: string[];
  /** With them. */
  sizeBytes: number;
  /** What whoever looks at it should know. */
  notes: string[];
}

/** The way to what people may ask for. */
export interface AdminDuties {
  /** Every operation there is. */
  operations(): readonly OperationRow[];
  /** @throws CommandFailure, AdminProblem: there is no way, or nobody is signed in */
  open(way: AdminWay): Promise<{ client: AdminClient; close(): Promise<void> }>;
  /** @throws CommandFailure when it is not known where to sign in */
  signIn(way: Pick<AdminWay, 'apiUrl' | 'direct'>): Promise<SignInDuties>;
}

/** Signing in by a code that is typed in elsewhere (RFC 8628), and what is kept of it. */
export interface SignInDuties {
  /** Of the service. */
  apiUrl: string;
  start(): Promise<DeviceCode>;
  poll(deviceCode: string): Promise<DevicePoll>;
  /** Into a file that only its owner may read. */
  keep(tokens: IssuedTokens): Promise<{ file: string }>;
  /** Tells whether there was anything. */
  forget(): Promise<boolean>;
}

export interface AdminWay {
  /** Past the API, over the database. */
  direct: boolean;
  /** Instead of what the environment or the sign-in says. */
  apiUrl: string | undefined;
  /** For each answer. */
  timeoutMs: number;
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
  /** What people should know at the start. */
  notes?: readonly string[];
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
  /** Name of the mail provider that it goes through; the preferred one unless given. */
  sendTestVia?: string;
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
