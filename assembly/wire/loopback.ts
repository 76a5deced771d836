/** BSD loopback: four bytes of address family, in the byte order of the capturing host (NULL) or in network order (LOOP). */
import { be32 } from "./bytes";
import { Layer } from "./layers";

const enum Field {
  family = 0,
  size = 4,
}

/** Address families as the operating systems number them. */
const enum Family {
  Inet = 2,
  Inet6Linux = 10,
  Inet6Winsock = 23,
  Inet6Bsd = 24,
  Inet6Solaris = 26,
  Inet6FreeBsd = 28,
  Inet6Darwin = 30,
}

export const LOOPBACK_SIZE: u32 = Field.size;

@unmanaged
export class Loopback {
  static check(length: u32): bool {
    return length >= <u32>Field.size;
  }

  static at(address: usize): Loopback {
    return changetype<Loopback>(address);
  }

  get family(): u32 {
    return load<u32>(changetype<usize>(this) + Field.family);
  }

  get networkFamily(): u32 {
    return be32(changetype<usize>(this) + Field.family);
  }
}

/** What a family announces, None for an unknown one. */
export function layerOfFamily(family: u32): Layer {
  switch (family) {
    case Family.Inet:
      return Layer.Ipv4;
    case Family.Inet6Linux:
    case Family.Inet6Winsock:
    case Family.Inet6Bsd:
    case Family.Inet6Solaris:
    case Family.Inet6FreeBsd:
    case Family.Inet6Darwin:
      return Layer.Ipv6;
    default:
      return Layer.None;
  }
}
