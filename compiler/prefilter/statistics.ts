/**
 * How often bytes follow one another in traffic: the chance of a gram, estimated from pairs of bytes (a first-order Markov chain).
 * Case is folded: a filter that matters folds it too.
 */

/** Statistics of one kind of text. */
export class GramStatistics {
  /** Chance of a byte, folded: 256 values. */
  readonly #bytes: Float64Array;
  /** Chance of a pair (first | second << 8), folded. */
  readonly #pairs: Float64Array;

  /** `counts`: occurrences of each pair of folded bytes (first | second << 8). */
  constructor(counts: ArrayLike<number>) {
    this.#bytes = new Float64Array(256);
    this.#pairs = new Float64Array(65536);
    let total = 0;
    for (let i = 0; i < 65536; i++) total += (counts[i] ?? 0) + UNSEEN;
    for (let i = 0; i < 65536; i++) {
      const chance = ((counts[i] ?? 0) + UNSEEN) / total;
      this.#pairs[i] = chance;
      this.#bytes[i & 255]! += chance;
    }
  }

  /** Chance of a byte in either case; a little of it for every byte, seen or not. */
  byteChance(byte: number): number {
    return 0.8 * this.#bytes[FOLDED[byte]!]! * (FOLDED[byte] === byte ? 1 : 0.25) + 0.2 / 256;
  }

  /** Chance that the `length` bytes from `start` (1 to 8 of them) stand at a given place of such text, whatever their case. */
  chance(bytes: Uint8Array, start: number, length: number): number {
    let previous = FOLDED[bytes[start]!]!;
    let chance = this.#bytes[previous]!;
    for (let i = start + 1; i < start + length; i++) {
      const next = FOLDED[bytes[i]!]!;
      chance *= this.#pairs[previous | (next << 8)]! / this.#bytes[previous]!;
      previous = next;
    }
    return chance;
  }
}

/** What a pair never seen counts for. */
const UNSEEN = 0.02;

/** Upper case to lower case, ASCII. */
export const FOLDED: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 65 && byte <= 90 ? byte | 32 : byte,
);

/** Without any training: text and zeroes are common, letters most. */
export function untrained(): GramStatistics {
  const weight = (byte: number): number => {
    if (byte === 0) return 8;
    if (byte === 32 || byte === 101) return 6;
    if (byte >= 97 && byte <= 122) return 4;
    if (byte >= 48 && byte <= 57) return 2;
    return byte >= 32 && byte < 127 ? 1 : 0.3;
  };
  const counts = new Float64Array(65536);
  for (let i = 0; i < 65536; i++) {
    const [first, second] = [i & 255, i >> 8];
    const folded = FOLDED[first] === first && FOLDED[second] === second;
    if (folded) counts[i] = weight(first) * weight(second) * (first === second && first === 0 ? 30 : 1);
  }
  return new GramStatistics(counts);
}
