/**
 * A set of rules to check, walked in rule order: a bitmap with one summary bit for every 64 rules.
 * Adding is O(1), walking touches only the words that hold something, and clears them on its way.
 */
import { reserve } from "../memory/arena";

@unmanaged
export class Candidates {
  words: usize;
  summary: usize;
  summaryWords: u32;
  count: u32;

  add(rule: u32): void {
    const word = this.words + ((<usize>(rule >> 6)) << 3);
    const bit: u64 = (<u64>1) << (<u64>rule & 63);
    const had = load<u64>(word);
    if ((had & bit) != 0) return;
    store<u64>(word, had | bit);
    const top = this.summary + ((<usize>(rule >> 12)) << 3);
    store<u64>(top, load<u64>(top) | ((<u64>1) << (<u64>(rule >> 6) & 63)));
    this.count++;
  }

  /** The smallest rule not below `from`, -1 when none is left. It stays in the set. */
  next(from: u32): i32 {
    let word = from >> 6;
    let bits = load<u64>(this.words + ((<usize>word) << 3)) & (~(<u64>0) << (<u64>from & 63));
    if (bits != 0) return <i32>((word << 6) + <u32>ctz(bits));
    word++;
    let top = word >> 6;
    if (top >= this.summaryWords) return -1;
    let tops = load<u64>(this.summary + ((<usize>top) << 3)) & (~(<u64>0) << (<u64>word & 63));
    while (tops == 0) {
      top++;
      if (top >= this.summaryWords) return -1;
      tops = load<u64>(this.summary + ((<usize>top) << 3));
    }
    word = (top << 6) + <u32>ctz(tops);
    bits = load<u64>(this.words + ((<usize>word) << 3));
    return <i32>((word << 6) + <u32>ctz(bits));
  }

  clear(): void {
    if (this.count == 0) return;
    for (let i: u32 = 0; i < this.summaryWords; i++) {
      const top = this.summary + ((<usize>i) << 3);
      let tops = load<u64>(top);
      while (tops != 0) {
        store<u64>(this.words + ((<usize>((i << 6) + <u32>ctz(tops))) << 3), 0);
        tops &= tops - 1;
      }
      store<u64>(top, 0);
    }
    this.count = 0;
  }
}

/** Carves a set for rules 0..maxRules-1. 0 when memory is exhausted. */
export function reserveCandidates(maxRules: u32): usize {
  const summaryWords = (maxRules >> 12) + 1;
  const at = reserve(offsetof<Candidates>());
  const summary = reserve(summaryWords * 8);
  // One word more than the last rule needs: `next` may look one behind.
  const words = reserve((summaryWords * 64 + 1) * 8);
  if (words == 0) return 0;
  const set = changetype<Candidates>(at);
  set.summary = summary;
  set.summaryWords = summaryWords;
  set.words = words;
  return at;
}
