import { Readable } from 'node:stream';
import type { MessageProgress } from './faults.ts';

export interface WatchedMessage {
  progress(): MessageProgress;
  /** Passes the message on and notes how far it got. Nothing is read from it before the server has answered DATA. */
  passOn(input: Readable): Readable;
}

const pieceBytes = 16 * 1024;

/**
 * Tells how much of a message has left for the socket. It sits last in nodemailer's chain, after every buffer that is
 * filled ahead: it is read only once the server has said 354, and the final dot is written only after its end was read.
 */
export function watchMessage(): WatchedMessage {
  let progress: MessageProgress = 'not_begun';
  async function* watched(input: Readable) {
    progress = 'begun';
    // In small pieces, so that the socket's back-pressure shows how far we are.
    for await (const chunk of input as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += pieceBytes) yield chunk.subarray(at, at + pieceBytes);
    }
    progress = 'whole';
  }
  return {
    progress: () => progress,
    passOn: (input) => Readable.from(watched(input), { objectMode: false }),
  };
}
