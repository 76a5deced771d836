"""Inspects captures, or replays evidence, with the core of vpatch.

    python inspect_capture.py --wasm vpatch.wasm --db rules.vpdb --settings settings.bin capture.pcap ...
    python inspect_capture.py --wasm vpatch.wasm --db rules.vpdb --evidence FILE.pcapng ...

`--digest` prints one JSON line a file instead, to compare with another host of the core: verdicts, and a digest of all event records.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

from captures import read_evidence, read_pcap
from vpatch import ALERT, DROP, VERDICTS, CompiledCore, Core, rule_sids


def main() -> int:
    parser = argparse.ArgumentParser(description="inspect captures with the core of vpatch")
    parser.add_argument("--wasm", required=True, help="vpatch.wasm, or vpatch.scalar.wasm")
    parser.add_argument("--db", required=True, help="a database that vpatch compile wrote")
    parser.add_argument("--settings", help="the settings that vpatch settings --output wrote")
    parser.add_argument("--evidence", action="store_true", help="the files are evidence: replay and compare")
    parser.add_argument("--digest", action="store_true", help="one JSON line a file")
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    if not arguments.evidence and arguments.settings is None:
        parser.error("captures need --settings")
    compiled = CompiledCore(arguments.wasm)
    database = Path(arguments.db).read_bytes()
    sids = rule_sids(database)
    status = 0
    for file in arguments.files:
        recorded: list[int | None] = []
        if arguments.evidence:
            _, settings, kept = read_evidence(file)
            frames = [frame for frame, _ in kept]
            recorded = [verdict for _, verdict in kept]
        else:
            settings = Path(arguments.settings).read_bytes()
            frames = read_pcap(file)
        core = Core(compiled, settings)
        core.load(database)
        verdicts, events = core.inspect(frames)
        events += core.finish()
        same = all(was is None or was == now for was, now in zip(recorded, verdicts))
        if not same:
            status = 1
        if arguments.digest:
            records = b"".join(event.record for event in events)
            alerts = [[event.frame, sids[event.rule]] for event in events if event.type == ALERT]
            line = {"verdicts": verdicts, "events": hashlib.sha256(records).hexdigest(), "alerts": alerts, "same": same}
            print(json.dumps(line))
            continue
        print(f"{file}: {len(frames)} frames, {len(events)} events")
        for frame, verdict in zip(frames, verdicts):
            if verdict != 0:
                print(f"  frame {frame.number}: {VERDICTS[verdict]}")
        for event in events:
            if event.type in (ALERT, DROP) and event.rule is not None:
                name = "alert" if event.type == ALERT else "drop"
                print(f"  frame {event.frame}: {name} by sid {sids[event.rule]}, {len(event.body)} bytes of CBOR")
        if arguments.evidence:
            print("  same verdict" if same else "  not the same verdict")
    return status


if __name__ == "__main__":
    sys.exit(main())
