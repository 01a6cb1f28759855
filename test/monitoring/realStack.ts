import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { until } from '../acceptance/until.ts';
import type { Receivers } from './receivers.ts';
import { monitoring } from './tools.ts';

export interface RealStack {
  prometheusUrl: string;
  alertmanagerUrl: string;
  stop(): Promise<void>;
}

export interface RealStackOptions {
  receivers: Receivers;
  token: string;
  routingKey: string;
}

/** Prometheus and Alertmanager with the committed configuration, but for addresses, secrets and shorter times. */
export async function startRealStack(options: RealStackOptions): Promise<RealStack> {
  const folder = mkdtempSync(join(tmpdir(), 'monitoring-'));
  const [prometheusPort, alertmanagerPort] = await freePorts(2);
  const urls = {
    prometheusUrl: `http://127.0.0.1:${prometheusPort}`,
    alertmanagerUrl: `http://127.0.0.1:${alertmanagerPort}`,
  };
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const alertmanager = write('alertmanager.yml', alertmanagerFile(options, write));
  const prometheus = write('prometheus.yml', prometheusFile(options.receivers.port, urls));
  const running = [
    start('prometheus-alertmanager', [
      `--config.file=${alertmanager}`,
      `--storage.path=${join(folder, 'alertmanager')}`,
      `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
      '--cluster.listen-address=',
    ]),
    start('prometheus', [
      `--config.file=${prometheus}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${prometheusPort}`,
      '--rules.alert.resend-delay=1s',
      '--enable-feature=exemplar-storage',
    ]),
  ];
  const stop = async () => {
    await Promise.all(running.map(({ end }) => end()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const url of Object.values(urls))
      await until(`${url} is ready`, () => isReady(url), { withinMs: 10_000 });
  } catch (error) {
    const said = running.map(({ complaints }) => complaints()).join('\n');
    await stop();
    throw new Error(`They do not start.\n${said.slice(-4_000)}`, { cause: error });
  }
  return { ...urls, stop };
}

const isReady = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/-/ready`)).ok;
  } catch {
    return false;
  }
};

interface AlertmanagerFile {
  global: Record<string, unknown>;
  route: Record<string, unknown> & { routes: Array<Record<string, unknown>> };
  receivers: Array<{
    pagerduty_configs?: Array<Record<string, unknown>>;
    slack_configs?: Array<Record<string, unknown>>;
    webhook_configs?: Array<{ url: string; http_config: { authorization: Record<string, unknown> } }>;
  }>;
}

const read = (path: string) => readFileSync(join(monitoring, path), 'utf8');
const shorter = { group_wait: '500ms', group_interval: '1s' };

function alertmanagerFile(
  { receivers, token, routingKey }: RealStackOptions,
  write: (name: string, text: string) => string,
): string {
  const file = parse(read('alertmanager/alertmanager.yml')) as AlertmanagerFile;
  file.global['pagerduty_url'] = `${receivers.url}/v2/enqueue`;
  Object.assign(file.route, shorter);
  for (const route of file.route.routes) {
    if (route['group_wait'] !== undefined) Object.assign(route, shorter);
    // Only what repeats within a minute is seen to repeat here.
    if (['50s', '1m'].includes(String(route['repeat_interval']))) route['repeat_interval'] = '2s';
  }
  for (const receiver of file.receivers) {
    for (const each of receiver.pagerduty_configs ?? [])
      each['routing_key_file'] = write('pagerduty', routingKey);
    for (const each of receiver.slack_configs ?? [])
      each['api_url_file'] = write('slack', `${receivers.url}/slack`);
    for (const each of receiver.webhook_configs ?? []) {
      each.url = `${receivers.url}${new URL(each.url).pathname}`;
      each.http_config.authorization['credentials_file'] = write('token', token);
    }
  }
  return stringify(file);
}

interface PrometheusFile {
  global: Record<string, string>;
  rule_files: string[];
  alerting: { alertmanagers: Array<{ static_configs: Array<{ targets: string[] }> }> };
  scrape_configs: Array<{ job_name: string; static_configs: Array<{ targets: string[] }> }>;
}

function prometheusFile(port: number, urls: Omit<RealStack, 'stop'>): string {
  const file = parse(read('prometheus/prometheus.yml')) as PrometheusFile;
  Object.assign(file.global, { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' });
  file.rule_files = file.rule_files.map((name) => join(monitoring, 'prometheus', name));
  const targets: Record<string, string> = {
    fulfillment: `127.0.0.1:${port}`,
    prometheus: new URL(urls.prometheusUrl).host,
    alertmanager: new URL(urls.alertmanagerUrl).host,
  };
  const at = (job: string) => [{ targets: [targets[job] ?? ''] }];
  file.alerting.alertmanagers = [{ static_configs: at('alertmanager') }];
  for (const config of file.scrape_configs) config.static_configs = at(config.job_name);
  return stringify(file);
}

function start(program: string, args: readonly string[]) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text = (text + part).slice(-10_000)));
  return { complaints: () => `${program}: ${text}`, end: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Ports that nobody listens at; all are held until the last one is known. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
