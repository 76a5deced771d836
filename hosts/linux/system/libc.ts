/**
 * The few calls of the C library that Node does not offer and the agent needs. 64-bit Linux; loaded when first used.
 * Calls answer -1 and set errno, as in C: `check` turns that into an error with the system's words.
 */
import koffi from "koffi";

const library = koffi.load(null);

export const libc = {
  socket: library.func("int socket(int domain, int type, int protocol)"),
  bind: library.func("int bind(int fd, const void *address, uint32_t length)"),
  sendto: library.func(
    "intptr_t sendto(int fd, const void *data, size_t length, int flags, const void *address, uint32_t size)",
  ),
  recv: library.func("intptr_t recv(int fd, void *data, size_t length, int flags)"),
  setsockopt: library.func("int setsockopt(int fd, int level, int name, const void *value, uint32_t length)"),
  getsockopt: library.func("int getsockopt(int fd, int level, int name, void *value, _Inout_ uint32_t *length)"),
  close: library.func("int close(int fd)"),
  prctl: library.func("int prctl(int option, uint64_t a, uint64_t b, uint64_t c, uint64_t d)"),
  syscall: library.func("long syscall(long number, const void *header, const void *data)"),
  if_nametoindex: library.func("uint32_t if_nametoindex(const char *name)"),
  fcntl: library.func("int fcntl(int fd, int command, ...)"),
  execve: library.func("int execve(const char *path, const char **argv, const char **envp)"),
};

export const Errno = { EPERM: 1, ENOENT: 2, EAGAIN: 11, EMSGSIZE: 90, ECONNREFUSED: 111, ENOBUFS: 105 } as const;

/** The error number of the last call of this thread. */
export function errno(): number {
  return koffi.errno();
}

/** A system error as Node raises them: `code` and `errno`. */
export function systemError(call: string, number = errno()): NodeJS.ErrnoException {
  const code = Object.entries(koffi.os.errno).find(([, value]) => value === number)?.[0] ?? `E${number}`;
  return Object.assign(new Error(`${call}: ${code}`), { code, errno: number, syscall: call });
}

/** The result of a call. @throws the system's error when it is -1 */
export function check(result: number, call: string): number {
  if (result < 0) throw systemError(call);
  return result;
}
