/**
 * The system calls that drivers need, by koffi. Memory is given as numbers: the address of an ArrayBuffer's first byte and an offset.
 *
 * Contract: an ArrayBuffer's bytes never move while it lives, so `addressOf` holds as long as the buffer is referenced. Functions
 * return -errno on failure, as the kernel does; `check` turns that into an error.
 */
import koffi from "koffi";
import { VpatchError } from "../../node/errors.ts";

const libc = koffi.load(process.platform === "linux" ? "libc.so.6" : null);

type Call = (...values: (number | bigint | string | Uint8Array | null)[]) => number;

function bind(prototype: string): Call {
  const call = libc.func(prototype) as Call;
  return (...values) => {
    const result = call(...values);
    return result === -1 ? -koffi.errno() : result;
  };
}

export const socket = bind("int socket(int domain, int type, int protocol)");
export const bindSocket = bind("int bind(int fd, const void *address, uint32_t length)");
export const setsockopt = bind("int setsockopt(int fd, int level, int name, const void *value, uint32_t length)");
export const getsockopt = bind("int getsockopt(int fd, int level, int name, uintptr_t value, uintptr_t length)");
export const recvmmsg = bind("int recvmmsg(int fd, uintptr_t messages, uint32_t count, int flags, uintptr_t timeout)");
export const sendmmsg = bind("int sendmmsg(int fd, uintptr_t messages, uint32_t count, int flags)");
export const send = bind("intptr_t send(int fd, uintptr_t data, size_t length, int flags)");
export const sendto = bind(
  "intptr_t sendto(int fd, const void *data, size_t length, int flags, const void *address, uint32_t addressLength)",
);
export const recv = bind("intptr_t recv(int fd, uintptr_t data, size_t length, int flags)");
export const read = bind("intptr_t read(int fd, uintptr_t data, size_t length)");
export const write = bind("intptr_t write(int fd, uintptr_t data, size_t length)");
export const writev = bind("intptr_t writev(int fd, uintptr_t vectors, int count)");
export const poll = bind("int poll(uintptr_t fds, unsigned long count, int timeout)");
export const eventfd = bind("int eventfd(uint32_t initial, int flags)");
export const open = bind("int open(const char *path, int flags)");
export const close = bind("int close(int fd)");
export const ioctl = bind("int ioctl(int fd, unsigned long request, void *argument)");
export const mount = bind(
  "int mount(const char *source, const char *target, const char *type, unsigned long flags, uintptr_t data)",
);
export const umount = bind("int umount2(const char *target, int flags)");
export const bpfCall = bind("long syscall(long number, long command, void *attributes, unsigned int size)");
export const ifIndex = bind("uint32_t if_nametoindex(const char *name)");

const mmap = libc.func(
  "intptr_t mmap(uintptr_t address, size_t length, int protection, int flags, int fd, intptr_t offset)",
);
const memmove = libc.func("uintptr_t memmove(void *to, const void *from, size_t length)");

/** Flags of the calls above. */
export const SOCK_RAW = 3;
export const SOCK_DGRAM = 2;
export const CLOEXEC = 0x80000;
export const NONBLOCK = 0x800;
export const MSG_DONTWAIT = 0x40;
export const SOL_SOCKET = 1;
export const SO_MARK = 36;
export const SO_RCVBUFFORCE = 33;
export const SO_SNDBUFFORCE = 32;
export const EAGAIN = 11;
export const EINTR = 4;
export const ENOBUFS = 105;

/** Address of the first byte of a buffer. */
export function addressOf(buffer: ArrayBuffer): number {
  const bytes = new Uint8Array(buffer);
  return Number(memmove(bytes, bytes, 0));
}

/** Maps `length` bytes of a descriptor for reading and writing, shared. */
export function mapShared(fd: number, length: number): ArrayBuffer {
  const address = mmap(0, length, 3, 1, fd, 0);
  if (Number(address) === -1) throw systemError("mmap", -koffi.errno());
  return koffi.view(address, length);
}

/** An error of a system call. @param result -errno */
export function systemError(what: string, result: number): VpatchError {
  const names = koffi.os.errno as Record<string, number>;
  const name = Object.keys(names).find((key) => names[key] === -result) ?? `error ${-result}`;
  const remedy =
    name === "EPERM" || name === "EACCES"
      ? { remedy: "run as root, or with CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF" }
      : {};
  return new VpatchError("VPATCH_DRIVER", `${what}: the system says ${name}`, remedy);
}

/** The result of a system call that is not negative. @throws VpatchError naming `what` failed */
export function check(result: number, what: string): number {
  if (result < 0) throw systemError(what, result);
  return result;
}

export function setOption(fd: number, level: number, name: number, value: number): number {
  return setsockopt(fd, level, name, new Uint8Array(new Int32Array([value]).buffer), 4);
}

/** The two descriptors a worker waits on: its queue, and the eventfd that wakes it. */
export class Waiting {
  private readonly memory = new ArrayBuffer(64);
  private readonly view = new DataView(this.memory);
  private readonly address = addressOf(this.memory);
  private readonly wake: number;
  private readonly count: number;

  /** @param fds descriptors to wait on, besides the eventfd `wake` */
  constructor(wake: number, ...fds: number[]) {
    this.wake = wake;
    this.count = fds.length + 1;
    for (const [index, fd] of [wake, ...fds].entries()) {
      this.view.setInt32(index * 8, fd, true);
      this.view.setInt16(index * 8 + 4, 1, true);
    }
  }

  /** Waits at most `timeout` milliseconds. Whether one of `fds` is readable; a wake-up is taken note of and ends the wait. */
  wait(timeout: number): boolean {
    if (poll(this.address, this.count, timeout) <= 0) return false;
    if (this.ready(-1)) read(this.wake, this.address + 48, 8);
    for (let index = 0; index < this.count - 1; index++) if (this.ready(index)) return true;
    return false;
  }

  /** Whether the descriptor of that index was ready after `wait`. */
  ready(index: number): boolean {
    return this.view.getInt16((index + 1) * 8 + 6, true) !== 0;
  }

  /** Waits for a wake-up alone, as a pause. */
  pause(milliseconds: number): void {
    if (poll(this.address, 1, milliseconds) > 0) read(this.wake, this.address + 48, 8);
  }
}
