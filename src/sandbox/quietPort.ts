import { randomInt } from 'node:crypto';

const lowest = 15_000;
const beyond = 32_000;

/**
 * A port of the range that neither well-known services use nor outgoing connections get (Linux gives those out from
 * 32768, macOS from 49152). A port of theirs may be gone a moment after it was found free; and while its server is
 * down, a client that tries again and again may even be connected to itself on it.
 */
export const quietPort = (): number => randomInt(lowest, beyond);
