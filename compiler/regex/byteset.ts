/** Sets of byte values, and the named classes of PCRE2 in its default ("C") locale. */

/** A mutable set of the byte values 0 to 255. */
export class ByteSet {
  /** Bit `byte & 31` of word `byte >> 5`. */
  readonly words = new Uint32Array(8);

  static of(...bytes: number[]): ByteSet {
    const set = new ByteSet();
    for (const byte of bytes) set.add(byte);
    return set;
  }

  static all(): ByteSet {
    const set = new ByteSet();
    set.words.fill(0xffff_ffff);
    return set;
  }

  static ranges(...pairs: [number, number][]): ByteSet {
    const set = new ByteSet();
    for (const [from, to] of pairs) set.addRange(from, to);
    return set;
  }

  add(byte: number): this {
    this.words[byte >> 5]! |= 1 << (byte & 31);
    return this;
  }

  addRange(from: number, to: number): this {
    for (let byte = from; byte <= to; byte++) this.add(byte);
    return this;
  }

  addSet(other: ByteSet): this {
    for (let i = 0; i < 8; i++) this.words[i]! |= other.words[i]!;
    return this;
  }

  /** Adds the other case of every ASCII letter: those are bits 1 to 26 of words 2 and 3. */
  fold(): this {
    const letters = (this.words[2]! | this.words[3]!) & 0x07ff_fffe;
    this.words[2]! |= letters;
    this.words[3]! |= letters;
    return this;
  }

  has(byte: number): boolean {
    return ((this.words[byte >> 5]! >>> (byte & 31)) & 1) !== 0;
  }

  negated(): ByteSet {
    const set = new ByteSet();
    for (let i = 0; i < 8; i++) set.words[i] = ~this.words[i]!;
    return set;
  }

  intersects(other: ByteSet): boolean {
    for (let i = 0; i < 8; i++) if ((this.words[i]! & other.words[i]!) !== 0) return true;
    return false;
  }

  get isFull(): boolean {
    for (let i = 0; i < 8; i++) if (this.words[i] !== 0xffff_ffff) return false;
    return true;
  }

  /** The members in ascending order, but no more than `most` of them. */
  members(most = 256): number[] {
    const found: number[] = [];
    for (let i = 0; i < 8; i++) {
      for (let word = this.words[i]!; word !== 0; word &= word - 1) {
        if (found.length === most) return found;
        found.push(i * 32 + 31 - Math.clz32(word & -word));
      }
    }
    return found;
  }

  /** Equal for equal sets alone. */
  key(): string {
    return String.fromCharCode.apply(null, new Uint16Array(this.words.buffer) as unknown as number[]);
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
