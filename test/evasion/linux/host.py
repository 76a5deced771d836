"""A Linux host behind a TAP device, in the network namespace this program was started in (unshare --net).

Standard input and output carry records: a byte for the kind, four for the length (big-endian), the data.
  F  an Ethernet frame, to the host (in) or from it (out)
  D  (in) no more frames come from this client's port (two bytes): what does not come soon does not come
  R  (out) what a socket read of one connection: JSON with the client's port, the bytes in hex, whether the end was reached
  S  (out) the host is ready
"""

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import threading

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
PORT = 8080
IDLE_SECONDS = 1.5
TURN_SECONDS = 0.05
lock = threading.Lock()
done = set()


def tell(kind, data):
    with lock:
        sys.stdout.buffer.write(kind + struct.pack(">I", len(data)) + data)
        sys.stdout.buffer.flush()


def open_tap():
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", b"tap0", IFF_TAP | IFF_NO_PI))
    for command in (
        "link set lo up",
        "link set tap0 address 02:00:00:00:00:02",
        "addr add 10.9.0.2/24 dev tap0",
        "addr add 2001:db8::a09:2/64 dev tap0 nodad",
        "link set tap0 up",
        "neigh replace 10.9.0.1 lladdr 02:00:00:00:00:01 dev tap0 nud permanent",
        "neigh replace 2001:db8::a09:1 lladdr 02:00:00:00:00:01 dev tap0 nud permanent",
    ):
        subprocess.run(["ip", *command.split()], check=True)
    return tap


def serve(family, address):
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, PORT))
    listener.listen(64)
    while True:
        connection, peer = listener.accept()
        threading.Thread(target=read, args=(connection, peer[1]), daemon=True).start()


def read(connection, port):
    connection.settimeout(TURN_SECONDS)
    got, end, idle = b"", False, 0.0
    while not end and idle < IDLE_SECONDS:
        try:
            data = connection.recv(65536)
            got += data
            end = not data
            idle = 0.0
        except TimeoutError:
            idle = idle + TURN_SECONDS if port in done else 0.0
        except ConnectionError:
            break
    connection.close()
    tell(b"R", json.dumps({"port": port, "bytes": got.hex(), "end": end}).encode())


def frames_out(tap):
    while True:
        tell(b"F", os.read(tap, 65536))


def main():
    tap = open_tap()
    for family, address in ((socket.AF_INET, "10.9.0.2"), (socket.AF_INET6, "2001:db8::a09:2")):
        threading.Thread(target=serve, args=(family, address), daemon=True).start()
    threading.Thread(target=frames_out, args=(tap,), daemon=True).start()
    tell(b"S", b"")
    while head := sys.stdin.buffer.read(5):
        data = sys.stdin.buffer.read(struct.unpack(">I", head[1:])[0])
        if head[:1] == b"F":
            os.write(tap, data)
        else:
            done.add(struct.unpack(">H", data)[0])


main()
