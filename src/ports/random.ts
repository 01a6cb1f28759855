export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Cryptographically strong bytes. */
  bytes(length: number): Uint8Array;
}
