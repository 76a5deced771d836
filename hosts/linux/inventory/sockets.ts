/** Listening sockets, from `/proc/net/{tcp,tcp6,udp,udp6}` (proc(5)). */
import { readFileSync } from "node:fs";

export interface Socket {
  protocol: "tcp" | "udp";
  address: string;
  port: number;
  inode: string;
}

const tcpListen = "0A";
const udpUnconnected = "07";

/** `net` is the folder of one network namespace: `/proc/net` or `/proc/PID/net`. Throws if tcp cannot be read. */
export function readSockets(net: string): Socket[] {
  const sockets: Socket[] = [];
  for (const name of ["tcp", "tcp6", "udp", "udp6"] as const) {
    let table: string;
    try {
      table = readFileSync(`${net}/${name}`, "latin1");
    } catch (error) {
      // A kernel without IPv6 has no tcp6 and udp6.
      if (name.endsWith("6")) continue;
      throw error;
    }
    const protocol = name.startsWith("tcp") ? "tcp" : "udp";
    const state = protocol === "tcp" ? tcpListen : udpUnconnected;
    for (const line of table.split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      const local = /^([0-9A-F]+):([0-9A-F]{4})$/.exec(fields[1] ?? "");
      if (!local || fields[3] !== state) continue;
      const port = Number.parseInt(local[2]!, 16);
      if (port !== 0) sockets.push({ protocol, address: addressOf(local[1]!), port, inode: fields[9] ?? "" });
    }
  }
  return sockets;
}

/** The kernel prints addresses as 32-bit words in host byte order; every host we run on is little-endian. */
export function addressOf(hex: string): string {
  const bytes: number[] = [];
  for (let word = 0; word < hex.length; word += 8) {
    for (let at = word + 6; at >= word; at -= 2) bytes.push(Number.parseInt(hex.slice(at, at + 2), 16));
  }
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.every((byte) => byte === 0)) return "::";
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return "::1";
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (mapped) return `::ffff:${bytes.slice(12).join(".")}`;
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i]! << 8) | bytes[i + 1]!).toString(16));
  return groups.join(":");
}
