/**
 * Ethernet II (IEEE 802.3, 3.2) and the tags that wrap it.
 * Contract, as for every view of this room: once `check` is true, all accessors are safe.
 */
import { be16 } from "./bytes";

const enum Field {
  destination = 0,
  source = 6,
  type = 12,
  size = 14,
}

export const ETHERNET_SIZE: u32 = Field.size;

@unmanaged
export class Ethernet {
  static check(length: u32): bool {
    return length >= <u32>Field.size;
  }

  static at(address: usize): Ethernet {
    return changetype<Ethernet>(address);
  }

  /** Address of six bytes. */
  get destination(): usize {
    return changetype<usize>(this) + Field.destination;
  }

  /** Address of six bytes. */
  get source(): usize {
    return changetype<usize>(this) + Field.source;
  }

  get type(): u16 {
    return be16(changetype<usize>(this) + Field.type);
  }
}
