"""A Linux host behind a TAP device: in the network namespace this program was started in (unshare --net), or as the first program of a
User Mode Linux (`guest` and the folder of its modules as arguments).

Records go both ways over descriptor 3, in the guest its serial line: a byte for the kind, four for the length (big-endian), the data.
  F  an Ethernet frame, to the host (in) or from it (out)
  D  (in) no more frames come from this client's port (two bytes): what does not come soon does not come
  R  (out) what a socket read of one connection: JSON with the client's port, the bytes in hex, whether the end was reached
  T  (out) so many bytes of records (four) have been taken
  S  (out) the host is ready
"""

import fcntl
import json
import os
import socket
import struct
import sys
import threading

import devices
import guest

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
PORT = 8080
IDLE_SECONDS = 1.5
TURN_SECONDS = 0.05
done = set()


class Line:
    """The records' way in and out."""

    def __init__(self, descriptor):
        self.source = os.fdopen(descriptor, "rb")
        self.sink = os.fdopen(os.dup(descriptor), "wb")
        self.lock = threading.Lock()

    def tell(self, kind, data):
        with self.lock:
            self.sink.write(kind + struct.pack(">I", len(data)) + data)
            self.sink.flush()

    def records(self):
        while head := self.source.read(5):
            data = self.source.read(struct.unpack(">I", head[1:])[0])
            self.tell(b"T", struct.pack(">I", len(head) + len(data)))
            yield head[:1], data


def open_tap():
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", b"tap0", IFF_TAP | IFF_NO_PI))
    return tap


def serve(line, family):
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind(("", PORT))
    listener.listen(64)
    while True:
        connection, peer = listener.accept()
        threading.Thread(target=read, args=(line, connection, peer[1]), daemon=True).start()


def read(line, connection, port):
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
    line.tell(b"R", json.dumps({"port": port, "bytes": got.hex(), "end": end}).encode())


def frames_out(line, tap):
    while True:
        line.tell(b"F", os.read(tap, 65536))


def main(in_guest=False, modules=""):
    line = Line(guest.boot(modules) if in_guest else 3)
    tap = open_tap()
    devices.make(devices.CARRIERS if in_guest else ())
    for family in (socket.AF_INET, socket.AF_INET6):
        threading.Thread(target=serve, args=(line, family), daemon=True).start()
    threading.Thread(target=frames_out, args=(line, tap), daemon=True).start()
    line.tell(b"S", b"")
    for kind, data in line.records():
        if kind == b"F":
            os.write(tap, data)
        else:
            done.add(struct.unpack(">H", data)[0])
    if in_guest:
        guest.power_off()


main(*([True, sys.argv[2]] if sys.argv[1:2] == ["guest"] else []))
