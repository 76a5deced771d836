/** The core with a choice of how far a frame goes: each rung does what the one before it does, and the next room's work. */
import { Direction, IpProto } from "../assembly/abi/codes";
import { Frame } from "../assembly/abi/frames";
import { Setting } from "../assembly/abi/settings";
import { defragmentAll } from "../assembly/flow/defrag";
import { Flow } from "../assembly/flow/flow";
import { lookupFlow } from "../assembly/flow/table";
import { updateFlow } from "../assembly/flow/update";
import { inspect as inspectWhole } from "../assembly/index";
import { setting } from "../assembly/memory/settings";
import { slotsAddress } from "../assembly/pipeline";
import { feedDatagram, feedStream } from "../assembly/pipeline/application";
import { finishTransactions } from "../assembly/pipeline/transactions";
import { disableAppLayer } from "../assembly/stream/inspection";
import { rawReady, rawSkipped } from "../assembly/stream/raw";
import { pruneStream } from "../assembly/stream/release";
import { Session } from "../assembly/stream/session";
import { streamPacket } from "../assembly/stream/stream";
import { Checksum, transportChecksum } from "../assembly/wire/checksum";
import { decodeFrame } from "../assembly/wire/decode";
import { Packet, PacketFlag } from "../assembly/wire/packet";
import { packetAt, packetCount } from "../assembly/wire/packets";

export * from "../assembly/index";

export enum Rung {
  /** The frame was copied in, no more. */
  Nothing = 0,
  Decode = 1,
  Flow = 2,
  Stream = 3,
  App = 4,
  /** Everything: what the core does. */
  Detect = 5,
}

let rung: u32 = Rung.Detect;

/** How far frames go from now on. */
export function climb(to: u32): void {
  rung = to;
}

/** As the core's own, to the rung that was chosen. */
export function inspect(first: u32, count: u32): u32 {
  if (rung == Rung.Nothing) return count;
  if (rung == Rung.Detect) return inspectWhole(first, count);
  for (let i: u32 = 0; i < count; i++) {
    decodeFrame(slotsAddress + <usize>(first + i) * Frame.size);
    defragmentAll();
    if (rung == Rung.Decode) continue;
    for (let at = packetCount(); at > 0; at--) follow(packetAt(at - 1));
  }
  return count;
}

function follow(packet: Packet): void {
  if (!packet.has(PacketFlag.WantsFlow)) return;
  const flow = lookupFlow(packet);
  if (flow === null) return;
  packet.flow = changetype<usize>(flow);
  updateFlow(flow, packet);
  if (rung == Rung.Flow) return;
  if (packet.proto == <u8>IpProto.Tcp) followStream(packet, flow);
  else if (rung == Rung.App && packet.proto == <u8>IpProto.Udp) feedDatagram(packet, flow);
  finishTransactions(packet, flow, true, false);
}

function followStream(packet: Packet, flow: Flow): void {
  if (packet.transport == 0 || flow.proto != <u8>IpProto.Tcp) return;
  if (setting(Setting.StreamChecksumValidation) != 0 && transportChecksum(packet) == Checksum.Invalid)
    packet.set(PacketFlag.BadChecksum);
  streamPacket(packet, flow);
  if (flow.tcp == 0) return;
  const session = changetype<Session>(flow.tcp);
  const direction = <u32>packet.direction;
  if (rung == Rung.App) {
    feedStream(packet, flow, session, direction ^ 1);
    feedStream(packet, flow, session, direction);
  } else disableAppLayer(session);
  if (rawReady(session, direction, packet)) rawSkipped(session, direction);
  pruneStream(session, <Direction>direction, false);
}
