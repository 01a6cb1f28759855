export interface Column {
  title: string;
  /** As the questions name it. */
  figure: string;
}

const throughput: Column[] = [
  { title: 'orders', figure: 'orders' },
  { title: 'orders/s', figure: 'ordersPerSecond' },
  { title: 'worker CPU µs/order', figure: 'workerCpuUs' },
  { title: 'Postgres CPU µs/order', figure: 'postgresCpuUs' },
];

const claims: Column[] = [
  { title: 'buffers/claim', figure: 'claimBlocks' },
  { title: 'orders/claim', figure: 'claimedRows' },
  { title: 'claim’s buffers/order', figure: 'claimBlocksPerOrder' },
];

/** Shares of the machine that went to what is not part of the measurement. */
const disturbance: Column[] = [
  { title: 'others %', figure: 'othersPercent' },
  { title: 'stolen %', figure: 'stolenPercent' },
];

/** What the table of a question shows. A column that no engine has a figure for is left out. */
export const columnsOf: Record<string, Column[]> = {
  drain: [
    ...throughput,
    { title: 'Redis CPU µs/order', figure: 'redisCpuUs' },
    { title: 'commits/order', figure: 'commits' },
    { title: 'WAL bytes/order', figure: 'walBytes' },
    { title: 'peak RSS MB', figure: 'peakRssMb' },
    ...disturbance,
  ],
  enqueue: [
    { title: 'orders', figure: 'orders' },
    { title: 'backlog, orders/s', figure: 'backlogPerSecond' },
    { title: 'one by one, orders/s', figure: 'singlyPerSecond' },
    { title: 'Postgres CPU µs/order', figure: 'postgresCpuUs' },
    { title: 'WAL bytes/order', figure: 'walBytes' },
  ],
  latency: [
    { title: 'p50 ms', figure: 'p50Ms' },
    { title: 'p95 ms', figure: 'p95Ms' },
    { title: 'p99 ms', figure: 'p99Ms' },
    { title: 'max ms', figure: 'maxMs' },
    { title: 'worker CPU %', figure: 'workerCpuPercent' },
    { title: 'Postgres CPU %', figure: 'postgresCpuPercent' },
    { title: 'Redis CPU %', figure: 'redisCpuPercent' },
    { title: 'commits/order', figure: 'commits' },
    ...disturbance,
  ],
  cost: [
    { title: 'orders', figure: 'orders' },
    { title: 'statements/order', figure: 'statements' },
    { title: 'commits/order', figure: 'commits' },
    { title: 'WAL bytes/order', figure: 'walBytes' },
    { title: 'buffers/order', figure: 'blocks' },
    ...claims,
  ],
  processes: throughput,
  snapshot: [...throughput, { title: 'buffers/order', figure: 'blocks' }],
  recovery: [
    { title: 'orders', figure: 'orders' },
    { title: 'all done after s', figure: 'doneAfterSeconds' },
    { title: 'given up after s', figure: 'gaveUpAfterSeconds' },
    { title: 'standstill after s', figure: 'standstillAfterSeconds' },
    { title: 'effects waiting then', figure: 'waitingEffects' },
    { title: 'effects missing at the end', figure: 'missingEffects' },
    { title: 'effects done twice', figure: 'repeatedEffects' },
  ],
  idle: [
    { title: 'worker CPU %', figure: 'workerCpuPercent' },
    { title: 'Postgres CPU %', figure: 'postgresCpuPercent' },
    { title: 'statements/s', figure: 'statementsPerSecond' },
  ],
  history: [...throughput, { title: 'buffers/order', figure: 'blocks' }, ...claims],
  fulfil: [
    ...throughput,
    { title: 'commits/order', figure: 'commits' },
    { title: 'WAL bytes/order', figure: 'walBytes' },
    { title: 'accepted/s', figure: 'enqueuedPerSecond' },
    { title: 'effects missing', figure: 'missingEffects' },
    { title: 'effects done twice', figure: 'repeatedEffects' },
    { title: 'gaps in receipts', figure: 'receiptGaps' },
    { title: 'jobs not completed', figure: 'unfinishedJobs' },
    { title: 'peak RSS MB', figure: 'peakRssMb' },
    ...disturbance,
  ],
};
