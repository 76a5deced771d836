/** Sends IP packets made by the data path: raw sockets, marked so that our own rules let them by. */

import { OWN_MARK } from "./firewall.ts";
import { CLOEXEC, check, close, SO_MARK, SOCK_RAW, SOL_SOCKET, sendto, setOption, socket } from "./libc.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const IPPROTO_RAW = 255;
const IPPROTO_IPV6 = 41;
const IPV6_HDRINCL = 36;
const MSG_DONTWAIT = 0x40;

export class RawSender {
  private readonly ipv4: number;
  private readonly ipv6: number;

  constructor() {
    this.ipv4 = check(socket(AF_INET, SOCK_RAW | CLOEXEC, IPPROTO_RAW), "raw socket");
    // A kernel without IPv6 has nothing to answer there.
    this.ipv6 = socket(AF_INET6, SOCK_RAW | CLOEXEC, IPPROTO_RAW);
    for (const fd of [this.ipv4, this.ipv6])
      if (fd >= 0) check(setOption(fd, SOL_SOCKET, SO_MARK, OWN_MARK), "SO_MARK");
    if (this.ipv6 >= 0) setOption(this.ipv6, IPPROTO_IPV6, IPV6_HDRINCL, 1);
  }

  get descriptors(): number[] {
    return [this.ipv4, this.ipv6].filter((fd) => fd >= 0);
  }

  /** Whether the packet went out. */
  send(packet: Uint8Array): boolean {
    const six = packet[0]! >> 4 === 6;
    const fd = six ? this.ipv6 : this.ipv4;
    if (fd < 0) return false;
    const address = new Uint8Array(six ? 28 : 16);
    address[0] = six ? AF_INET6 : AF_INET;
    address.set(six ? packet.subarray(24, 40) : packet.subarray(16, 20), six ? 8 : 4);
    return sendto(fd, packet, packet.length, MSG_DONTWAIT, address, address.length) >= 0;
  }

  close(): void {
    close(this.ipv4);
    if (this.ipv6 >= 0) close(this.ipv6);
  }
}
