"""The core of vpatch in Python, by way of wasmtime. The contract is docs/abi.md; everything here is in it.

    core = Core("vpatch.wasm", settings)        # settings: bytes of `vpatch settings -o FILE`
    core.load(database)                         # database: bytes of `vpatch compile -o FILE`
    verdicts, events = core.inspect(frames)
"""

import struct
from dataclasses import dataclass, field
from pathlib import Path

from wasmtime import Engine, Instance, Func, FuncType, Module, Store, ValType

ABI_MAJOR = 1
VERDICTS = ("pass", "drop", "reject", "modified")
ALERT, DROP = 1, 2
PARTIAL_CHECKSUM, EGRESS = 1, 2
FRAME_RECORD = struct.Struct("<IIQQHHI")  # data, length, timestamp, number, linkType, flags, wireLength
FRAME_SLACK = 64
NO_RULE = 0xFFFFFFFF
# Settings that an agent must know itself: the room for frames.
FRAME_BYTES, FRAME_SLOTS = 1, 2


@dataclass
class Frame:
    data: bytes
    timestamp: int  # microseconds since 1970
    number: int
    link_type: int = 1
    flags: int = 0
    wire_length: int = 0


@dataclass
class Event:
    """An event record as it came; the fields most agents want are properties."""

    record: bytes

    @property
    def type(self) -> int:
        return struct.unpack_from("<H", self.record, 4)[0]

    @property
    def frame(self) -> int:
        return struct.unpack_from("<Q", self.record, 16)[0]

    @property
    def rule(self) -> int | None:
        rule = struct.unpack_from("<I", self.record, 80)[0]
        return None if rule == NO_RULE else rule

    @property
    def body(self) -> bytes:
        """CBOR (RFC 8949), a map in the shape of EVE."""
        length = struct.unpack_from("<I", self.record, 96)[0]
        return self.record[104 : 104 + length]


@dataclass
class CompiledCore:
    """A module is compiled once; every `Core` is an instance of its own."""

    path: str | Path
    engine: Engine = field(default_factory=Engine)

    def __post_init__(self) -> None:
        self.module = Module.from_file(self.engine, str(self.path))


class Core:
    def __init__(self, compiled: CompiledCore, settings: bytes) -> None:
        self.store = Store(compiled.engine)
        abort = Func(self.store, FuncType([ValType.i32()] * 4, []), lambda *_: None)
        imports = [abort for _ in compiled.module.imports]
        self.exports = Instance(self.store, compiled.module, imports).exports(self.store)
        self.memory = self.exports["memory"]
        version = self.call("abi_version")
        if version >> 16 != ABI_MAJOR:
            raise RuntimeError(f"the core has ABI {version >> 16}.{version & 0xFFFF}, {ABI_MAJOR} is needed")
        self.memory.write(self.store, settings, self.call("settings_address"))
        if self.call("configure") != 1:
            raise RuntimeError("the core cannot have the memory its settings ask for")
        words = struct.unpack(f"<{len(settings) // 4}I", settings)
        self.frame_bytes, self.frame_slots = words[FRAME_BYTES], words[FRAME_SLOTS]
        self.frames = self.call("frames_address")
        self.slots = self.call("slots_address")
        self.verdicts = self.call("verdicts_address")

    def call(self, name: str, *arguments: int) -> int:
        result = self.exports[name](self.store, *arguments)
        return 0 if result is None else result & 0xFFFFFFFF

    def load(self, database: bytes) -> None:
        self.memory.write(self.store, database, self.call("database_address"))
        error = self.call("load", len(database))
        if error != 0:
            raise RuntimeError(f"the database was refused (check {error} failed)")

    def inspect(self, frames: list[Frame]) -> tuple[list[int], list[Event]]:
        """Verdicts, one a frame, and events, of any number of frames: as many calls as the room asks for."""
        verdicts: list[int] = []
        events: list[Event] = []
        batch: list[Frame] = []
        used = 0
        for frame in frames:
            room = (len(frame.data) + FRAME_SLACK + 7) & ~7
            if batch and (used + room > self.frame_bytes or len(batch) == self.frame_slots):
                verdicts += self._inspect(batch, events)
                batch, used = [], 0
            batch.append(frame)
            used += room
        return verdicts + self._inspect(batch, events), events

    def finish(self) -> list[Event]:
        """Ends every flow; what they still have to say."""
        events: list[Event] = []
        while self.call("finish") != 0:
            events += self._drain()
        return events + self._drain()

    def _inspect(self, batch: list[Frame], events: list[Event]) -> list[int]:
        address = self.frames
        for slot, frame in enumerate(batch):
            length = len(frame.data)
            self.memory.write(self.store, frame.data, address)
            record = FRAME_RECORD.pack(
                address,
                length,
                frame.timestamp,
                frame.number,
                frame.link_type,
                frame.flags,
                max(frame.wire_length, length),
            )
            self.memory.write(self.store, record, self.slots + slot * FRAME_RECORD.size)
            address += (length + FRAME_SLACK + 7) & ~7
        done = 0
        while done < len(batch):
            done += self.call("inspect", done, len(batch) - done)
            events += self._drain()
        return list(self.memory.read(self.store, self.verdicts, self.verdicts + len(batch)))

    def _drain(self) -> list[Event]:
        start = self.call("events_address")
        area = bytes(self.memory.read(self.store, start, start + self.call("events_used")))
        self.call("drain_events")
        events = []
        at = 0
        while at < len(area):
            length = struct.unpack_from("<I", area, at)[0]
            events.append(Event(area[at : at + length]))
            at += length
        return events


def rule_sids(database: bytes) -> list[int]:
    """sid of every rule, by the index that events name: section 1 of the database, records of 72 bytes."""
    for index in range(struct.unpack_from("<I", database, 12)[0]):
        section, offset, _, count = struct.unpack_from("<IIII", database, 64 + index * 16)
        if section == 1:
            return [struct.unpack_from("<I", database, offset + rule * 72)[0] for rule in range(count)]
    return []
