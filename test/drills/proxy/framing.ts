/** One message of the Postgres protocol 3 as it lies in a stream (PostgreSQL manual, "Message Formats"). */
export interface Message {
  /** The letter that names its kind. */
  type: string;
  /** Where it begins in the bytes it came with. */
  at: number;
  /** With its header. */
  sizeBytes: number;
  /** As much of what follows the header as was asked for. */
  payload: Buffer;
}

export interface Framed {
  /** May be passed on; what is missing of the chunk is held until the rest of its message is here. */
  bytes: Buffer;
  /** The messages that begin in `bytes` and were asked for, in order. */
  messages: Message[];
}

export interface Framer {
  push(chunk: Buffer): Framed;
}

const headerBytes = 5;
const nothing = Buffer.alloc(0);

/**
 * Finds messages in a stream that is cut into chunks anyhow. `wanted` says how many bytes of a kind's payload are needed
 * to judge it (0: the header is enough, undefined: nobody asks). Only what is needed is held back; the rest of a large
 * message streams through uncopied. Throws when the bytes cannot be this protocol.
 */
export function createFramer(wanted: (type: string) => number | undefined): Framer {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let neededBytes = 0;
  /** What is still to come of a message that was already judged. */
  let passingBytes = 0;

  function hold(rest: Buffer, untilBytes: number): void {
    held = [rest];
    heldBytes = rest.length;
    neededBytes = untilBytes;
  }

  /** What is here, with what was held; undefined while it is still too little. */
  function joined(chunk: Buffer): Buffer | undefined {
    if (heldBytes === 0) return chunk;
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes < neededBytes) return undefined;
    const whole = Buffer.concat(held, heldBytes);
    held = [];
    heldBytes = 0;
    return whole;
  }

  return {
    push(chunk) {
      const bytes = joined(chunk);
      if (!bytes) return { bytes: nothing, messages: [] };
      const messages: Message[] = [];
      let at = Math.min(passingBytes, bytes.length);
      passingBytes -= at;
      while (at < bytes.length) {
        const hereBytes = bytes.length - at;
        if (hereBytes < headerBytes) {
          hold(bytes.subarray(at), headerBytes);
          return { bytes: bytes.subarray(0, at), messages };
        }
        const type = String.fromCharCode(bytes[at] ?? 0);
        // The length counts itself, not the letter.
        const sizeBytes = 1 + bytes.readInt32BE(at + 1);
        if (sizeBytes < headerBytes) throw new Error(`A message of kind ${type} with an impossible length.`);
        const askedBytes = wanted(type);
        if (askedBytes !== undefined) {
          const judgedBytes = Math.min(sizeBytes, headerBytes + askedBytes);
          if (hereBytes < judgedBytes) {
            hold(bytes.subarray(at), judgedBytes);
            return { bytes: bytes.subarray(0, at), messages };
          }
          messages.push({
            type,
            at,
            sizeBytes,
            payload: bytes.subarray(at + headerBytes, at + judgedBytes),
          });
        }
        passingBytes = Math.max(0, sizeBytes - hereBytes);
        at += sizeBytes - passingBytes;
      }
      return { bytes, messages };
    },
  };
}

/** Texts that end with a zero byte, one after the other, as many as are whole. */
export function zeroEnded(payload: Buffer, count: number): string[] {
  const texts: string[] = [];
  for (let at = 0; texts.length < count;) {
    const end = payload.indexOf(0, at);
    // A very long text was asked for only in part.
    texts.push(payload.toString('utf8', at, end === -1 ? payload.length : end));
    if (end === -1) break;
    at = end + 1;
  }
  return texts;
}
