/** Unix datagram sockets, which Node does not have: for sd_notify, /dev/log and EVE to a socket. Never blocks. */
import { check, Errno, errno, libc, systemError } from "./libc.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;

/** sockaddr_un; a name that begins with "@" is in the abstract namespace. */
function socketAddress(path: string): Buffer {
  const name = Buffer.from(path);
  if (name.length === 0 || name.length > 107) throw new RangeError(`${path}: the path of a socket has 1 to 107 bytes`);
  const address = Buffer.alloc(2 + name.length + (path.startsWith("@") ? 0 : 1));
  address.writeUInt16LE(AF_UNIX, 0);
  name.copy(address, 2);
  if (path.startsWith("@")) address[2] = 0;
  return address;
}

/** `busy`: the receiver's buffer is full, try later. `absent`: nobody receives there. `large`: no datagram is that long. */
export type Sent = "sent" | "busy" | "absent" | "large";

/** Sends datagrams to a path; the receiver may come and go. */
export class UnixDatagramSender {
  readonly path: string;
  readonly #address: Buffer;
  #fd: number;

  /** @param buffer bytes of the send buffer: the longest datagram is a little shorter */
  constructor(path: string, buffer = 1 << 20) {
    this.path = path;
    this.#address = socketAddress(path);
    this.#fd = openSocket();
    const size = Buffer.alloc(4);
    size.writeInt32LE(buffer);
    libc.setsockopt(this.#fd, SOL_SOCKET, SO_SNDBUF, size, 4);
  }

  send(data: Uint8Array): Sent {
    if (this.#fd < 0) return "absent";
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    if (libc.sendto(this.#fd, data, data.length, flags, this.#address, this.#address.length) >= 0) return "sent";
    switch (errno()) {
      case Errno.EAGAIN:
      case Errno.ENOBUFS:
        return "busy";
      case Errno.EMSGSIZE:
        return "large";
      default:
        return "absent";
    }
  }

  close(): void {
    if (this.#fd >= 0) libc.close(this.#fd);
    this.#fd = -1;
  }
}

/** Receives datagrams at a path, which must not exist. Asked, not told: `receive` answers what is there. */
export class UnixDatagramReceiver {
  readonly #buffer = Buffer.alloc(1 << 18);
  #fd: number;

  constructor(path: string) {
    this.#fd = openSocket();
    const address = socketAddress(path);
    if (libc.bind(this.#fd, address, address.length) < 0) {
      const error = systemError(`bind ${path}`);
      this.close();
      throw error;
    }
  }

  /** The next datagram; `undefined` when there is none. */
  receive(): Buffer | undefined {
    const length = libc.recv(this.#fd, this.#buffer, this.#buffer.length, MSG_DONTWAIT);
    return length < 0 ? undefined : Buffer.from(this.#buffer.subarray(0, Number(length)));
  }

  close(): void {
    if (this.#fd >= 0) libc.close(this.#fd);
    this.#fd = -1;
  }
}

function openSocket(): number {
  return check(libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
}
