/** `stream_size:<side>,<operator>,<bytes>` (Suricata manual, TCP keywords). */

import { Direction, IpProto } from "../../abi/codes";
import { CompareMode, StreamSizeField, StreamSizeSide } from "../../abi/conditions";
import { Flow } from "../../flow/flow";
import { streamSize } from "../../stream/inspection";
import { Session } from "../../stream/session";
import { Packet } from "../../wire/packet";

function holds(size: u64, mode: u32, value: u64): bool {
  switch (mode) {
    case CompareMode.Equal:
      return size == value;
    case CompareMode.NotEqual:
      return size != value;
    case CompareMode.Less:
      return size < value;
    case CompareMode.LessOrEqual:
      return size <= value;
    case CompareMode.Greater:
      return size > value;
    default:
      return size >= value;
  }
}

export function matchStreamSize(c: usize, packet: Packet): bool {
  if (packet.flow == 0 || packet.proto != IpProto.Tcp) return false;
  const tcp = changetype<Flow>(packet.flow).tcp;
  if (tcp == 0) return false;
  const session = changetype<Session>(tcp);
  const mode = <u32>load<u8>(c, StreamSizeField.mode);
  const value = <u64>load<u32>(c, StreamSizeField.value);
  const server = holds(streamSize(session, Direction.ToClient), mode, value);
  const client = holds(streamSize(session, Direction.ToServer), mode, value);
  switch (<u32>load<u8>(c, StreamSizeField.side)) {
    case StreamSizeSide.Server:
      return server;
    case StreamSizeSide.Client:
      return client;
    case StreamSizeSide.Both:
      return server && client;
    default:
      return server || client;
  }
}
