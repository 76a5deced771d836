/**
 * A pool of equal records with a free list threaded through them.
 * Invariant: `free` is 0 or the address of a free record whose first word is the next free record; `used` counts the rest.
 */
import { reserve } from "./arena";

@unmanaged
export class Pool {
  free: usize;
  base: usize;
  recordSize: u32;
  capacity: u32;
  used: u32;
  /** Requests refused because the pool was empty. */
  refused: u32;
  /** Records from here on were never handed out: they need no linking at configure. */
  fresh: u32;
}

/** Makes a pool of `capacity` records of `recordSize` bytes (rounded up to 16). null when memory is exhausted. */
export function makePool(recordSize: u32, capacity: u32): Pool | null {
  const size = (recordSize + 15) & ~15;
  const head = reserve(offsetof<Pool>());
  const base = reserve(<usize>size * <usize>capacity);
  if (head == 0 || base == 0) return null;
  const pool = changetype<Pool>(head);
  pool.base = base;
  pool.recordSize = size;
  pool.capacity = capacity;
  return pool;
}

/** Takes a zeroed record, or 0 when none is left (counted in `refused`). */
export function take(pool: Pool): usize {
  let record = pool.free;
  if (record != 0) {
    pool.free = load<usize>(record);
  } else if (pool.fresh < pool.capacity) {
    record = pool.base + <usize>pool.fresh * <usize>pool.recordSize;
    pool.fresh++;
  } else {
    pool.refused++;
    return 0;
  }
  pool.used++;
  memory.fill(record, 0, pool.recordSize);
  return record;
}

/** Gives a record back. It must have come from this pool and not be given twice. */
export function give(pool: Pool, record: usize): void {
  store<usize>(record, pool.free);
  pool.free = record;
  pool.used--;
}
