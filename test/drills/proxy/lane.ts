import type { Socket } from 'node:net';
import type { Framer, Message } from './framing.ts';

/** One direction of a connection: what comes out is what went in, in order, when and as far as it may. */
export interface Lane {
  /** Relays until the sender ends, then says so to the receiver. Rejects when the sender breaks. */
  run(first: Buffer): Promise<void>;
  /** Keeps what is written from now on until `release`. */
  hold(): void;
  release(): Promise<void>;
  isHolding(): boolean;
  /** Resolves when the receiver's kernel has all that was written, or the receiver is gone. */
  flushed(): Promise<void>;
}

export interface LaneOptions {
  chunks: AsyncIterator<Buffer>;
  to: Socket;
  framer: Framer;
  /**
   * Decides about a message. What it returns is done after all before the message was passed on, with the first
   * `passBytes` of the message, and before the rest.
   */
  judge(message: Message): Verdict | undefined;
  /** Resolves when a chunk that was read may go on. */
  delayed(): Promise<void>;
  /** Resolves when the line is not dead. */
  passable(): Promise<void>;
}

export interface Verdict {
  passBytes?: number;
  act(): Promise<void> | void;
}

export function createLane({ chunks, to, framer, judge, delayed, passable }: LaneOptions): Lane {
  let kept: Buffer[] | undefined;

  async function write(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return;
    if (kept) {
      kept.push(bytes);
      return;
    }
    await passable();
    if (!to.writable || to.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        to.off('drain', go).off('close', go);
        resolve();
      };
      to.on('drain', go).on('close', go);
    });
  }

  async function relay(chunk: Buffer): Promise<void> {
    const { bytes, messages } = framer.push(chunk);
    let passed = 0;
    for (const message of messages) {
      const verdict = judge(message);
      if (!verdict) continue;
      const until = message.at + (verdict.passBytes ?? 0);
      await write(bytes.subarray(passed, until));
      passed = until;
      await verdict.act();
    }
    await write(bytes.subarray(passed));
  }

  async function release(): Promise<void> {
    const held = kept ?? [];
    kept = undefined;
    for (const bytes of held) await write(bytes);
  }

  return {
    async run(first) {
      if (first.length > 0) await relay(first);
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
        await delayed();
        await relay(next.value);
      }
      await release();
      await passable();
      to.end();
    },
    hold() {
      kept ??= [];
    },
    release,
    isHolding: () => kept !== undefined,
    async flushed() {
      if (to.writableLength === 0 || to.destroyed) return;
      await new Promise<void>((resolve) => {
        to.write('', () => resolve());
      });
    },
  };
}
