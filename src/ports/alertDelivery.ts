import type { AlertSeverity } from './alerts.ts';
import type { Transaction } from './transaction.ts';

/** Ways to people. */
export const alertChannels = ['pagerduty', 'slack'] as const;
export type AlertChannel = (typeof alertChannels)[number];

/** Which alerts a channel tells of: a page is told everywhere, a ticket wakes nobody. */
export const severitiesOf: Readonly<Record<AlertChannel, readonly AlertSeverity[]>> = {
  pagerduty: ['page'],
  slack: ['page', 'ticket'],
};

/** `daily_test` disturbs nobody where that can be helped; `test` is what somebody has asked for to see it arrive. */
export type NoticeKind = 'opened' | 'acknowledged' | 'resolved' | 'daily_test' | 'test';

/** What people are told. Ids, codes and counts alone: it leaves the house. */
export interface AlertNotice {
  kind: NoticeKind;
  /** The same for all that is told of one alert, and of the same rule and scope later. */
  key: string;
  rule: string;
  severity: AlertSeverity | 'info';
  summary: string;
  at: Date;
  details: Readonly<Record<string, string>>;
  links: ReadonlyArray<{ href: string; text: string }>;
  /** What the channel called the message that opened it; null where it was not told or has no name. */
  reference: string | null;
}

/** A way to people. */
export interface AlertSender {
  channel: AlertChannel;
  /**
   * @returns what the channel calls the message, so that it can be changed later; null where it has no name
   * @throws Fault when it was not taken, or nobody knows: it is told again
   */
  send(notice: AlertNotice, signal: AbortSignal): Promise<string | null>;
}

/** Somebody outside who rings when nothing is heard of us. */
export interface DeadManSwitch {
  /** @throws Fault when it was not heard */
  beat(signal: AbortSignal): Promise<void>;
}

export interface DueDelivery {
  id: string;
  channel: AlertChannel;
  kind: NoticeKind;
  /** With this one; what is recorded counts for this attempt alone. */
  attempts: number;
  waitedMs: number;
  alert: {
    alertId: string;
    rule: string;
    scope: string;
    severity: AlertSeverity;
    summary: string;
    jobId: string | null;
    openedAt: Date;
  } | null;
  /** Of the notice that opened the alert. */
  openedReference: string | null;
  openedLeftOut: boolean;
  /** Alertmanager says that it has told people of the same rule. */
  confirmed: boolean;
}

export type DeliveryEnd =
  | { end: 'delivered'; reference: string | null }
  | { end: 'failed'; reason: string; againInMs: number }
  | { end: 'left_out'; why: 'alertmanager' | 'never_told' }
  /** Not yet: it counts as no attempt. */
  | { end: 'wait'; againInMs: number };

/** What is to be told of alerts. A database that cannot be reached is a transient `Fault`. */
export interface DeliveryBook {
  /** Says who can be told by this process. What is not over and was never told on a channel is queued for it. */
  setChannels(channels: readonly AlertChannel[]): Promise<void>;
  /** Takes what is due; nobody else takes it for a minute. What belongs to one alert comes one after the other. */
  take(limit: number): Promise<DueDelivery[]>;
  end(delivery: Pick<DueDelivery, 'id' | 'attempts'>, end: DeliveryEnd): Promise<void>;
  /** Queues the day's test of each channel, where it was not queued within a day. */
  wantDailyTest(): Promise<void>;
}

/** How a channel stands, for whoever wants to know whether an alarm would ring. */
export interface ChannelStanding {
  channel: AlertChannel;
  enabled: boolean;
  severities: AlertSeverity[];
  /** What has still to be told, since when, and why it was not. */
  pending: number;
  pendingSince: Date | null;
  lastReason: string | null;
  deliveredAt: Date | null;
  testedAt: Date | null;
}

export interface ChannelDesk {
  /** @throws Fault, transient, when the database cannot be reached */
  list(): Promise<ChannelStanding[]>;
  /** Queues a test of each of these channels that is on. @returns those that will be tested */
  test(tx: Transaction, channels: readonly AlertChannel[]): Promise<AlertChannel[]>;
}

/** What sentinels know of each other and of Alertmanager. A database that cannot be reached is a transient `Fault`. */
export interface SentinelBook {
  /** Every rule was looked at. */
  noteEvaluated(): Promise<void>;
  /** Which of these rules have an alert that is not over. */
  standing(rules: readonly string[]): Promise<ReadonlySet<string>>;
  /** How long ago Alertmanager said that it is there; null: never. */
  watchdogAgeMs(): Promise<number | null>;
}

/** What Alertmanager tells of its alerts: by what a rule is called here, whether it fires. */
export interface AlertConfirmations {
  /** @throws Fault, transient, when the database cannot be reached */
  confirm(alerts: ReadonlyArray<{ rule: string; firing: boolean }>, watchdog: boolean): Promise<void>;
}

/** Keeps what was told without the database, over restarts. */
export interface AlertSpool {
  read(): Promise<SpooledAlert | null>;
  write(alert: SpooledAlert): Promise<void>;
  clear(): Promise<void>;
}

export interface SpooledAlert {
  /** ISO 8601. */
  since: string;
  /** Who was told, and what they call it. */
  told: Partial<Record<AlertChannel, { reference: string | null }>>;
}
