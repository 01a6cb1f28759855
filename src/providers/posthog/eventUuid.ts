import { createHash } from 'node:crypto';

/** The namespace of our events; made up once, never changed. */
const namespace = Buffer.from('5b0b4a0c1f5f4d0f9a3f6d1c7e2b8a94', 'hex');

/** A UUID made of a name (RFC 9562 §5.5, version 5): the same for the same event, for ever. */
export function eventUuidOf(eventId: string): string {
  const bytes = createHash('sha1').update(namespace).update(eventId).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
