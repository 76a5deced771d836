/**
 * The view a buffer getter hands to detection: where the bytes are, and how they lie in the whole.
 * Valid until the next call into `app/`. Up to 64 bytes behind the view are readable (their content is not part of it).
 */

export let viewData: usize = 0;
export let viewLength: u32 = 0;
/** Offset of the first byte in the whole object (bodies and files are inspected window by window). */
export let viewOffset: u64 = 0;
/** ViewFlag bits. */
export let viewFlags: u32 = 0;

export enum ViewFlag {
  /** Holds the first byte of the object. */
  Start = 1,
  /** Holds the last byte: the object is complete. */
  End = 2,
  /** The bytes as they came, not normalised. */
  Raw = 4,
  /** Numbers of it are little-endian where a rule says `dce`. */
  DcerpcLittle = 8,
  /** Bytes are only added behind, and shown windows only move forward: what was searched once need not be again. */
  Growing = 16,
}

/** A whole object in one piece. Returns true, so that a getter may end with it. */
export function view(data: usize, length: u32): bool {
  viewData = data;
  viewLength = length;
  viewOffset = 0;
  viewFlags = ViewFlag.Start | ViewFlag.End;
  return true;
}

/** A window of an object that is still growing or slides. */
export function viewWindow(data: usize, length: u32, offset: u64, flags: u32): bool {
  viewData = data;
  viewLength = length;
  viewOffset = offset;
  viewFlags = flags;
  return true;
}
