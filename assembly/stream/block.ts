/**
 * A block: contiguous bytes of a half. They lie in a heap piece behind `start` unused bytes.
 * How blocks lie in a half: store.ts.
 */

@unmanaged
export class Block {
  previous: usize;
  next: usize;
  /** Stream offset of the first byte. */
  offset: u64;
  data: usize;
  start: u32;
  length: u32;
  capacity: u32;
  /** Segments that begin in this block (segment.ts). */
  firstSegment: usize;
  lastSegment: usize;
  segments: u32;
}

export function blockEnd(b: Block): u64 {
  return b.offset + <u64>b.length;
}

/** Address of the byte at `offset`, which must lie in the block. */
export function blockByte(b: Block, offset: u64): usize {
  return b.data + b.start + <usize>(offset - b.offset);
}
