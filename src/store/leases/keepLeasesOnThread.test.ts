import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const secret = 'hunter2-hunter2';

/** A program that holds a lease on a thread while the database is away, prints what it is told, and has no more to do. */
const program = `
import { keepLeasesOnThread } from ${JSON.stringify(new URL('./keepLeasesOnThread.ts', import.meta.url).href)};
const telemetry = { emit: (event) => console.log(JSON.stringify(event)) };
const connectionString = \`postgres://nobody:\${process.env.SECRET}@127.0.0.1:1/nothing\`;
const leases = keepLeasesOnThread({ connectionString, leaseMs: 300, telemetry });
leases.start({ name: 'w', version: '0', planKeys: [] }, () => undefined);
leases.keep({ jobId: '0190a1b2-c3d4-7e5f-8a9b-000000000001', token: 1n }, 0);
setTimeout(() => undefined, 1_500);
`;

it('leases on a thread do not keep a process alive, and tell nobody how the database is reached', async () => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', program],
    { env: { ...process.env, SECRET: secret }, timeout: 20_000 },
  );
  expect(stdout).toContain('{"name":"database.unavailable","during":"extend","error":"Error ECONNREFUSED"}');
  expect(stdout + stderr).not.toContain(secret);
});
