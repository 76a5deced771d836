/** Who is at the other end of a Unix socket, as the kernel says (unix(7): SO_PEERCRED, SO_PEERGROUPS). */
import type { Socket } from "node:net";
import { check, libc } from "./libc.ts";

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SO_PEERGROUPS = 59;
const MOST_GROUPS = 65_536;

export interface PeerCredentials {
  pid: number;
  uid: number;
  /** Primary and supplementary groups. */
  groups: readonly number[];
}

/** @throws when the socket is closed or no Unix socket */
export function peerCredentials(socket: Socket): PeerCredentials {
  const fd = (socket as unknown as { _handle?: { fd?: number } })._handle?.fd ?? -1;
  const credentials = Buffer.alloc(12);
  check(libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, [12]), "getsockopt SO_PEERCRED");
  const groups = [credentials.readUInt32LE(8)];
  const more = Buffer.alloc(4 * MOST_GROUPS);
  const length = [more.length];
  // Kernels before 4.13 do not tell the supplementary groups: the primary one counts.
  if (libc.getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, more, length) === 0) {
    for (let at = 0; at + 4 <= length[0]!; at += 4) groups.push(more.readUInt32LE(at));
  }
  return { pid: credentials.readInt32LE(0), uid: credentials.readUInt32LE(4), groups };
}
