import pc from 'picocolors';
import { createLogSink, type LogSinkOptions } from '../telemetry/logSink.ts';
import type { Config } from './config.ts';

/**
 * The log of a process: JSON into a file or a pipe; on a terminal for people, unless the configuration says otherwise.
 *
 * @param logFile standard output without it
 */
export function openLog(
  { logLevel: level, logFormat }: Config,
  logFile: string | undefined,
  placeOf?: LogSinkOptions['placeOf'],
) {
  const forPeople = logFormat === 'pretty' || (logFormat === 'auto' && process.stdout.isTTY);
  return createLogSink({
    level,
    ...(placeOf === undefined ? {} : { placeOf }),
    ...(logFile === undefined ? {} : { file: logFile }),
    pretty: forPeople ? { colours: pc.isColorSupported } : undefined,
  });
}
