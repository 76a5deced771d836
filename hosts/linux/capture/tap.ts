/** TAP devices: a network interface whose frames a descriptor reads and writes, each behind a virtio header that keeps offloads. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { check, close, ifIndex, ioctl, open } from "./libc.ts";

const O_RDWR = 2;
const O_NONBLOCK = 0x800;
const O_CLOEXEC = 0x80000;
const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
/** IFF_TAP, IFF_NO_PI, IFF_VNET_HDR. */
const FLAGS = 0x0002 | 0x1000 | 0x4000;
/** Checksum, TSO4, TSO6, ECN, USO4, USO6; and without USO, which older kernels do not know. */
const OFFLOADS = [0x6f, 0x0f];
/** Frames that wait for the reader. */
export const TAP_QUEUE = 4096;
/** virtio_net_hdr before every frame. */
export const TAP_HEADER = 10;

export interface Tap {
  fd: number;
  name: string;
  index: number;
}

/** Makes a device and brings it up. It lives as long as its descriptor. @param pattern a name with `%d` @param like its largest frame is that interface's */
export function createTap(pattern: string, like: string): Tap {
  const fd = check(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), "/dev/net/tun");
  try {
    const request = new Uint8Array(new ArrayBuffer(72), 0, 40);
    request.set(Buffer.from(pattern).subarray(0, 15));
    new DataView(request.buffer).setUint16(16, FLAGS, true);
    check(ioctl(fd, TUNSETIFF, request), "TUNSETIFF");
    const name = Buffer.from(request.subarray(0, 16)).toString().replaceAll("\0", "");
    if (OFFLOADS.every((bits) => offload(fd, bits) < 0)) check(offload(fd, 1), "TUNSETOFFLOAD");
    quiet(name);
    const mtu = Math.min(65_521, mtuOf(like));
    execFileSync("ip", [
      "link",
      "set",
      "dev",
      name,
      "arp",
      "off",
      "multicast",
      "off",
      "txqueuelen",
      String(TAP_QUEUE),
      "mtu",
      String(mtu),
      "up",
    ]);
    return { fd, name, index: ifIndex(name) };
  } catch (error) {
    close(fd);
    throw error;
  }
}

function offload(fd: number, bits: number): number {
  return ioctl(fd, TUNSETOFFLOAD, bits);
}

/** The system itself has nothing to say on it. */
function quiet(name: string): void {
  try {
    writeFileSync(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, "1");
  } catch {
    // No IPv6 here.
  }
}

function mtuOf(name: string): number {
  const text = execFileSync("ip", ["-o", "link", "show", "dev", name], { encoding: "utf8" });
  return Number(/ mtu (\d+)/.exec(text)?.[1] ?? 1500);
}

/** Frames the device dropped because nobody read them in time. */
export function tapLosses(name: string): number {
  const line = readFileSync("/proc/net/dev", "utf8")
    .split("\n")
    .find((text) => text.trim().startsWith(`${name}:`));
  // Receive has eight columns; then bytes, packets, errors, dropped.
  return Number(line?.split(":")[1]?.trim().split(/\s+/)[11] ?? 0);
}
