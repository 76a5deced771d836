/** Tags between Ethernet and the network layer: IEEE 802.1Q/ad, 802.1ah, Cisco VN-Tag, IEEE 802.1BR E-Tag. */
import { be16 } from "./bytes";

const enum Field {
  control = 0,
  type = 2,
  size = 4,
}

/** 802.1ah I-TAG: flags and service id, the customer's Ethernet header. */
const enum BackboneField {
  service = 0,
  destination = 4,
  source = 10,
  type = 16,
  size = 18,
}

const enum VntagField {
  tag = 0,
  type = 4,
  size = 6,
}

const enum EtagField {
  tag = 0,
  type = 4,
  size = 6,
}

export const VLAN_SIZE: u32 = Field.size;
export const BACKBONE_SIZE: u32 = BackboneField.size;
export const VNTAG_SIZE: u32 = VntagField.size;
export const ETAG_SIZE: u32 = EtagField.size;

/** Most VLAN ids a packet records. */
export const MAX_VLANS: u32 = 3;

@unmanaged
export class Vlan {
  static check(length: u32): bool {
    return length >= <u32>Field.size;
  }

  static at(address: usize): Vlan {
    return changetype<Vlan>(address);
  }

  get id(): u16 {
    return be16(changetype<usize>(this) + Field.control) & 0x0fff;
  }

  get type(): u16 {
    return be16(changetype<usize>(this) + Field.type);
  }
}

@unmanaged
export class Backbone {
  static check(length: u32): bool {
    return length >= <u32>BackboneField.size;
  }

  static at(address: usize): Backbone {
    return changetype<Backbone>(address);
  }

  get type(): u16 {
    return be16(changetype<usize>(this) + BackboneField.type);
  }
}

@unmanaged
export class Vntag {
  static check(length: u32): bool {
    return length >= <u32>VntagField.size;
  }

  static at(address: usize): Vntag {
    return changetype<Vntag>(address);
  }

  get type(): u16 {
    return be16(changetype<usize>(this) + VntagField.type);
  }
}

@unmanaged
export class Etag {
  static check(length: u32): bool {
    return length >= <u32>EtagField.size;
  }

  static at(address: usize): Etag {
    return changetype<Etag>(address);
  }

  get type(): u16 {
    return be16(changetype<usize>(this) + EtagField.type);
  }
}
