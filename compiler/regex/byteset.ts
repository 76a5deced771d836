/** Sets of byte values, and the named classes of PCRE2 in its default ("C") locale. */

const BITS = [1, 2, 4, 8, 16, 32, 64, 128] as const;

/** A mutable set of the byte values 0 to 255, in the layout of `RegexSet.Bits`. */
export class ByteSet {
  readonly bits = new Uint8Array(32);

  static of(...bytes: number[]): ByteSet {
    const set = new ByteSet();
    for (const byte of bytes) set.add(byte);
    return set;
  }

  static all(): ByteSet {
    const set = new ByteSet();
    set.bits.fill(255);
    return set;
  }

  static ranges(...pairs: [number, number][]): ByteSet {
    const set = new ByteSet();
    for (const [from, to] of pairs) set.addRange(from, to);
    return set;
  }

  add(byte: number): this {
    this.bits[byte >> 3]! |= BITS[byte & 7]!;
    return this;
  }

  addRange(from: number, to: number): this {
    for (let byte = from; byte <= to; byte++) this.add(byte);
    return this;
  }

  addSet(other: ByteSet): this {
    for (let i = 0; i < 32; i++) this.bits[i]! |= other.bits[i]!;
    return this;
  }

  /** Adds the other case of every ASCII letter. */
  fold(): this {
    for (let upper = 65; upper <= 90; upper++) {
      const lower = upper + 32;
      if (this.has(upper)) this.add(lower);
      else if (this.has(lower)) this.add(upper);
    }
    return this;
  }

  has(byte: number): boolean {
    return (this.bits[byte >> 3]! & BITS[byte & 7]!) !== 0;
  }

  negated(): ByteSet {
    const set = new ByteSet();
    for (let i = 0; i < 32; i++) set.bits[i] = ~this.bits[i]!;
    return set;
  }

  intersects(other: ByteSet): boolean {
    return this.bits.some((byte, i) => (byte & other.bits[i]!) !== 0);
  }

  get size(): number {
    return this.members().length;
  }

  get isFull(): boolean {
    return this.bits.every((byte) => byte === 255);
  }

  members(): number[] {
    const found: number[] = [];
    for (let byte = 0; byte < 256; byte++) if (this.has(byte)) found.push(byte);
    return found;
  }

  key(): string {
    return String.fromCharCode(...this.bits);
  }
}

const DIGIT: [number, number] = [48, 57];
const UPPER: [number, number] = [65, 90];
const LOWER: [number, number] = [97, 122];

/** `[:name:]` classes. `space` is `\s` (PCRE2 counts VT in both). */
export const POSIX_CLASSES: ReadonlyMap<string, ByteSet> = new Map([
  ["alpha", ByteSet.ranges(UPPER, LOWER)],
  ["lower", ByteSet.ranges(LOWER)],
  ["upper", ByteSet.ranges(UPPER)],
  ["alnum", ByteSet.ranges(DIGIT, UPPER, LOWER)],
  ["ascii", ByteSet.ranges([0, 127])],
  ["blank", ByteSet.of(9, 32)],
  ["cntrl", ByteSet.ranges([0, 31], [127, 127])],
  ["digit", ByteSet.ranges(DIGIT)],
  ["graph", ByteSet.ranges([33, 126])],
  ["print", ByteSet.ranges([32, 126])],
  ["punct", ByteSet.ranges([33, 47], [58, 64], [91, 96], [123, 126])],
  ["space", ByteSet.ranges([9, 13], [32, 32])],
  ["word", ByteSet.ranges(DIGIT, UPPER, LOWER, [95, 95])],
  ["xdigit", ByteSet.ranges(DIGIT, [65, 70], [97, 102])],
]);

const digit = POSIX_CLASSES.get("digit")!;
const space = POSIX_CLASSES.get("space")!;
const word = POSIX_CLASSES.get("word")!;
const horizontal = ByteSet.of(9, 32, 0xa0);
const vertical = ByteSet.ranges([10, 13], [0x85, 0x85]);

/** `\d`, `\D`, `\s`, ... by their letter; usable inside and outside of a class. */
export const ESCAPE_CLASSES: ReadonlyMap<string, ByteSet> = new Map([
  ["d", digit],
  ["D", digit.negated()],
  ["s", space],
  ["S", space.negated()],
  ["w", word],
  ["W", word.negated()],
  ["h", horizontal],
  ["H", horizontal.negated()],
  ["v", vertical],
  ["V", vertical.negated()],
]);

/** `.` without the s modifier, and `\N`. */
export const NOT_NEWLINE = ByteSet.of(10).negated();
