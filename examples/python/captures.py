"""Reads captures: pcap, and pcapng as far as evidence needs it (little-endian, comments included)."""

import json
import struct
from pathlib import Path

from vpatch import EGRESS, PARTIAL_CHECKSUM, Frame

PCAP_MICROSECONDS = 0xA1B2C3D4
PCAP_NANOSECONDS = 0xA1B23C4D
SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6
COMMENT = 1


def read_pcap(path: str | Path) -> list[Frame]:
    data = Path(path).read_bytes()
    order = "<" if struct.unpack_from("<I", data)[0] in (PCAP_MICROSECONDS, PCAP_NANOSECONDS) else ">"
    magic, link_type = struct.unpack_from(f"{order}I16xI", data)
    if magic not in (PCAP_MICROSECONDS, PCAP_NANOSECONDS):
        raise ValueError(f"{path} is no pcap file")
    divisor = 1000 if magic == PCAP_NANOSECONDS else 1
    frames = []
    at = 24
    while at + 16 <= len(data):
        seconds, fraction, captured, length = struct.unpack_from(f"{order}IIII", data, at)
        timestamp = seconds * 1_000_000 + fraction // divisor
        frames.append(Frame(data[at + 16 : at + 16 + captured], timestamp, len(frames) + 1, link_type, 0, length))
        at += 16 + captured
    return frames


def read_evidence(path: str | Path) -> tuple[dict, bytes, list[tuple[Frame, int | None]]]:
    """Manifest, settings table, and frames with the verdicts recorded (docs/evidence.md)."""
    data = Path(path).read_bytes()
    manifest: dict = {}
    interfaces: list[int] = []
    frames: list[tuple[Frame, int | None]] = []
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        body = data[at + 8 : at + length - 4]
        if kind == SECTION:
            manifest = json.loads(_comment(body, 16))
        elif kind == INTERFACE:
            interfaces.append(struct.unpack_from("<H", body)[0])
        elif kind == PACKET:
            source, high, low, captured, wire = struct.unpack_from("<IIIII", body)
            note = json.loads(_comment(body, 20 + _padded(captured)))
            flags = (PARTIAL_CHECKSUM if note.get("partialChecksum") else 0) | (EGRESS if note.get("egress") else 0)
            frame = Frame(body[20 : 20 + captured], high << 32 | low, note["number"], interfaces[source], flags, wire)
            frames.append((frame, note.get("verdict")))
        at += length
    configuration = manifest["configuration"]
    words = [0] * configuration["words"]
    for index, word in configuration["settings"].items():
        words[int(index)] = word
    return manifest, struct.pack(f"<{len(words)}I", *words), frames


def _comment(body: bytes, at: int) -> bytes:
    while at + 4 <= len(body):
        code, length = struct.unpack_from("<HH", body, at)
        if code == COMMENT:
            return body[at + 4 : at + 4 + length]
        at += 4 + _padded(length)
    return b"{}"


def _padded(length: int) -> int:
    return (length + 3) & ~3
