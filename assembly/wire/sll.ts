/** Linux cooked capture, versions 1 and 2 (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html, ..._SLL2.html). */
import { be16 } from "./bytes";

const enum Field {
  packetType = 0,
  hardwareType = 2,
  addressLength = 4,
  address = 6,
  protocol = 14,
  size = 16,
}

const enum Field2 {
  protocol = 0,
  interfaceIndex = 4,
  hardwareType = 8,
  packetType = 10,
  addressLength = 11,
  address = 12,
  size = 20,
}

export const SLL_SIZE: u32 = Field.size;
export const SLL2_SIZE: u32 = Field2.size;

@unmanaged
export class Sll {
  static check(length: u32): bool {
    return length >= <u32>Field.size;
  }

  static at(address: usize): Sll {
    return changetype<Sll>(address);
  }

  get protocol(): u16 {
    return be16(changetype<usize>(this) + Field.protocol);
  }
}

@unmanaged
export class Sll2 {
  static check(length: u32): bool {
    return length >= <u32>Field2.size;
  }

  static at(address: usize): Sll2 {
    return changetype<Sll2>(address);
  }

  get protocol(): u16 {
    return be16(changetype<usize>(this) + Field2.protocol);
  }
}
