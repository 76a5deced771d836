/**
 * The arena: every byte of mutable state is carved from it once, during `configure`. Nothing is given back, nothing is carved later:
 * after `seal` a call returns 0, so the memory of the core is a fact, not a hope.
 */

const PAGE: usize = 65536;

let next: usize = 0;
let sealed: bool = false;

/** Carves `bytes` zeroed bytes, 16-byte aligned. 0: sealed, or the address space is exhausted. */
export function reserve(bytes: usize): usize {
  if (sealed) return 0;
  if (next == 0) next = (__heap_base + 15) & ~15;
  const start = next;
  const end = (start + bytes + 15) & ~15;
  if (end < start) return 0;
  const have = <usize>memory.size() * PAGE;
  if (end > have) {
    const pages = <i32>((end - have + PAGE - 1) / PAGE);
    if (memory.grow(pages) < 0) return 0;
  }
  next = end;
  return start;
}

/** Ends the carving. */
export function seal(): void {
  sealed = true;
}

/** Bytes carved so far. */
export function reserved(): usize {
  return next == 0 ? 0 : next - __heap_base;
}
