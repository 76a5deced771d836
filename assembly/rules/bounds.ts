/** The bytes of the candidate database while it is being checked. */
import { DatabaseHeader } from "../abi/database";

/** First byte of the candidate. */
export let candidate: usize = 0;
let end: u32 = 0;

export function setCandidate(start: usize, length: u32): void {
  candidate = start;
  end = length;
}

/** Are `bytes` bytes at `offset` inside the candidate and behind its header? */
export function inside(offset: u32, bytes: u32): bool {
  return offset >= <u32>DatabaseHeader.size && offset <= end && bytes <= end - offset;
}
