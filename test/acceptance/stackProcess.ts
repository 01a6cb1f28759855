import { startSandboxStack } from '../../src/main/sandboxStack.ts';

/**
 * A whole sandbox in a process of its own, so that a test can kill it. Its first line on standard output says where
 * everything is. It ends when it is told to, or when whoever started it is gone.
 */
const [dataDirectory = ''] = process.argv.slice(2);
const told = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  process.stdin.once('end', () => resolve()).resume();
});

const { config, urls, databaseUrl, webhookSecret, logFile, stop } = await startSandboxStack({
  dataDirectory,
  anyPorts: true,
});
const { storageDirectory } = config;
process.stdout.write(`${JSON.stringify({ urls, databaseUrl, webhookSecret, logFile, storageDirectory })}\n`);
await told;
await stop();
process.stdin.destroy();
