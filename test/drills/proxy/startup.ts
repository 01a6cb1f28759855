/** The first packet of a connection: who calls, or a request to cancel somebody else's query. */
export interface Hello {
  kind: 'startup' | 'cancel';
  /** As it came, to be passed on. */
  bytes: Buffer;
  applicationName: string;
  user: string;
  /** What came after it in the same chunk. */
  rest: Buffer;
}

const codes = { cancel: 80_877_102, ssl: 80_877_103, gssEncryption: 80_877_104 };
/** The limit Postgres itself keeps (MAX_STARTUP_PACKET_LENGTH). */
const longestPacketBytes = 10_000;

/**
 * Reads a connection's first packets. Requests for encryption get the answer N ("no, speak plainly"). Undefined when the
 * caller leaves or does not speak this protocol.
 */
export async function readHello(
  chunks: AsyncIterator<Buffer>,
  answer: (bytes: Buffer) => void,
): Promise<Hello | undefined> {
  let here: Buffer = Buffer.alloc(0);
  for (;;) {
    const sizeBytes = here.length >= 8 ? here.readInt32BE(0) : 8;
    if (sizeBytes < 8 || sizeBytes > longestPacketBytes) return undefined;
    if (here.length < sizeBytes || here.length < 8) {
      const next = await chunks.next();
      if (next.done) return undefined;
      here = Buffer.concat([here, next.value]);
      continue;
    }
    const bytes = here.subarray(0, sizeBytes);
    const rest = here.subarray(sizeBytes);
    const code = bytes.readInt32BE(4);
    if (code !== codes.ssl && code !== codes.gssEncryption) return helloOf(code, bytes, rest);
    answer(Buffer.from('N'));
    here = rest;
  }
}

function helloOf(code: number, bytes: Buffer, rest: Buffer): Hello {
  if (code === codes.cancel) return { kind: 'cancel', bytes, applicationName: '', user: '', rest };
  const words = bytes.toString('utf8', 8).split('\0');
  const settings = new Map<string, string>();
  for (let at = 0; words[at]; at += 2) settings.set(words[at] ?? '', words[at + 1] ?? '');
  return {
    kind: 'startup',
    bytes,
    applicationName: settings.get('application_name') ?? '',
    user: settings.get('user') ?? '',
    rest,
  };
}

/** An ErrorResponse as a server sends it that accepts nobody now. */
export function refusal(sqlState: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${sqlState}\0Mthe drill accepts no connections\0\0`, 'utf8');
  const header = Buffer.alloc(5);
  header.write('E');
  header.writeInt32BE(4 + fields.length, 1);
  return Buffer.concat([header, fields]);
}
