/** No session yet: it opens with a SYN, or, where the configuration allows, midstream. */
import { Direction, DropReason, ExceptionPolicy } from "../abi/codes";
import { Counter } from "../abi/counters";
import { Setting } from "../abi/settings";
import { StreamEvent } from "../abi/stream_events";
import { applyException } from "../flow/exception";
import { Flow } from "../flow/flow";
import { simulates } from "../flow/simulation";
import { swapFlow } from "../flow/swap";
import { countAdd } from "../verdict/counters";
import { Packet, PacketFlag } from "../wire/packet";
import { TcpOption } from "../wire/tcp_option";
import { resetNextWin, scaledWindow, updateNextSeq } from "./acknowledgement";
import { asyncOneside, midstream, midstreamPolicy, sessionPolicy } from "./configuration";
import { handleSegment } from "./reassembly";
import { Half, HalfFlag, half, openSession, Session, SessionFlag, TcpFlag, TcpState } from "./session";
import { hasTimestamp, pickUpTimestamps, seconds } from "./timestamp";
import { moveTo } from "./transition";

/** Largest window scale (RFC 7323, 2.3): assumed where the handshake was not seen. */
export const MAX_WINDOW_SCALE: u8 = 14;

/** The first byte of `h` has number isn + 1. */
export function startAt(h: Half, isn: u32): void {
  h.isn = isn;
  h.baseSeq = isn + 1;
}

/** A session for the packet's flow, or null: then the exception policy has decided. */
function newSession(flow: Flow, packet: Packet): Session | null {
  if (flow.tcp != 0) return changetype<Session>(flow.tcp);
  const address: usize = simulates(Setting.SimulateSessionMemcap, packet) ? 0 : openSession();
  if (address == 0) {
    countAdd(Counter.tcp__ssn_memcap_drop, 1);
    applyException(packet, changetype<usize>(flow), sessionPolicy, DropReason.StreamMemcap);
    return null;
  }
  flow.tcp = address;
  flow.tcpFlags = packet.tcpFlags;
  flow.tcpFlagsToServer = packet.direction == <u8>Direction.ToServer ? packet.tcpFlags : 0;
  flow.tcpFlagsToClient = packet.direction == <u8>Direction.ToClient ? packet.tcpFlags : 0;
  countAdd(Counter.tcp__sessions, 1);
  return changetype<Session>(address);
}

function applyMidstreamPolicy(flow: Flow, packet: Packet): void {
  applyException(packet, changetype<usize>(flow), midstreamPolicy, DropReason.StreamMidstream);
}

/** Policies that let a midstream session be tracked. */
function mayPickUp(): bool {
  return midstreamPolicy == ExceptionPolicy.Ignore || midstreamPolicy == ExceptionPolicy.PassFlow;
}

/** False: the packet fits no session. */
export function stateNone(flow: Flow, packet: Packet): bool {
  const flags = <u32>packet.tcpFlags;
  if ((flags & TcpFlag.Rst) != 0) {
    packet.raise(StreamEvent.rst_but_no_session);
    return false;
  }
  if ((flags & TcpFlag.Fin) != 0) {
    applyMidstreamPolicy(flow, packet);
    if (!midstream || packet.payloadLength == 0 || !mayPickUp()) {
      packet.raise(StreamEvent.fin_but_no_session);
      return false;
    }
    return pickUp(flow, packet, TcpState.FinWait1);
  }
  if ((flags & (TcpFlag.Syn | TcpFlag.Ack)) == (TcpFlag.Syn | TcpFlag.Ack)) {
    applyMidstreamPolicy(flow, packet);
    if ((!midstream && !asyncOneside) || !mayPickUp()) return true;
    return pickUpSynAck(flow, packet);
  }
  if ((flags & TcpFlag.Syn) != 0) return open(flow, packet);
  if ((flags & TcpFlag.Ack) != 0) {
    applyMidstreamPolicy(flow, packet);
    if (!midstream || !mayPickUp()) return true;
    return pickUp(flow, packet, TcpState.Established);
  }
  return true;
}

function open(flow: Flow, packet: Packet): bool {
  const opened = newSession(flow, packet);
  // A policy that lets the packet by is not undone by drop-invalid.
  if (opened === null) return packet.has(PacketFlag.PassedByPolicy);
  const session = <Session>opened;
  moveTo(session, packet, TcpState.SynSent);
  if (asyncOneside) session.flags |= SessionFlag.Async;
  const client = half(session, Direction.ToServer);
  const server = half(session, Direction.ToClient);
  startAt(client, packet.sequence);
  client.nextSeq = client.isn + 1;
  if (hasTimestamp(packet)) {
    client.lastTimestamp = packet.timestampValue;
    if (client.lastTimestamp == 0) client.flags |= HalfFlag.ZeroTimestamp;
    client.lastPacketTime = seconds(packet);
    client.flags |= HalfFlag.Timestamp;
  }
  server.window = packet.window;
  if ((packet.tcpOptions & <u8>TcpOption.WindowScale) != 0) {
    session.flags |= SessionFlag.SynWindowScale;
    server.windowScale = packet.windowScale;
  }
  if ((packet.tcpOptions & <u8>TcpOption.SackPermitted) != 0) session.flags |= SessionFlag.SynSackPermitted;
  if ((packet.tcpOptions & <u8>TcpOption.FastOpen) != 0) {
    session.flags |= SessionFlag.FastOpen;
    if (packet.payloadLength != 0) {
      updateNextSeq(session, client, client.nextSeq + packet.payloadLength);
      handleSegment(session, Direction.ToServer, packet);
    }
  }
  return true;
}

/** A session whose handshake was missed; the sender of the packet counts as its client. */
function pickUp(flow: Flow, packet: Packet, state: TcpState): bool {
  const opened = newSession(flow, packet);
  // A policy that lets the packet by is not undone by drop-invalid.
  if (opened === null) return packet.has(PacketFlag.PassedByPolicy);
  const session = <Session>opened;
  countAdd(Counter.tcp__midstream_pickups, 1);
  moveTo(session, packet, state);
  session.flags = SessionFlag.Midstream | SessionFlag.MidstreamEstablished;
  if (asyncOneside) session.flags |= SessionFlag.Async;
  const client = half(session, Direction.ToServer);
  const server = half(session, Direction.ToClient);
  client.windowScale = MAX_WINDOW_SCALE;
  server.windowScale = MAX_WINDOW_SCALE;
  startAt(client, packet.sequence - 1);
  client.nextSeq = packet.sequence + packet.payloadLength;
  if (state == TcpState.FinWait1) client.nextSeq++;
  client.window = scaledWindow(packet, client.windowScale);
  client.lastAck = packet.sequence;
  resetNextWin(client);
  startAt(server, packet.acknowledgement - 1);
  server.nextSeq = server.isn + 1;
  server.lastAck = packet.acknowledgement;
  server.nextWin = server.lastAck;
  pickUpTimestamps(session, packet, Direction.ToServer);
  handleSegment(session, Direction.ToServer, packet);
  session.flags |= SessionFlag.SackPermitted;
  return true;
}

/** The first packet seen is a SYN/ACK: its sender is the server, so flow and packet turn round. */
function pickUpSynAck(flow: Flow, packet: Packet): bool {
  const opened = newSession(flow, packet);
  // A policy that lets the packet by is not undone by drop-invalid.
  if (opened === null) return packet.has(PacketFlag.PassedByPolicy);
  const session = <Session>opened;
  countAdd(Counter.tcp__midstream_pickups, 1);
  if (packet.direction == <u8>Direction.ToServer) {
    packet.direction = <u8>Direction.ToClient;
    swapFlow(flow);
  }
  moveTo(session, packet, TcpState.SynRecv);
  session.flags |= SessionFlag.Midstream | SessionFlag.MidstreamSynAck;
  if (asyncOneside) session.flags |= SessionFlag.Async;
  const client = half(session, Direction.ToServer);
  const server = half(session, Direction.ToClient);
  startAt(server, packet.sequence);
  server.nextSeq = server.isn + 1;
  server.window = packet.window;
  startAt(client, packet.acknowledgement - 1);
  client.nextSeq = client.isn + 1;
  client.lastAck = packet.acknowledgement;
  server.lastAck = packet.sequence;
  resetNextWin(server);
  if ((packet.tcpOptions & <u8>TcpOption.WindowScale) != 0) {
    client.windowScale = packet.windowScale;
    server.windowScale = MAX_WINDOW_SCALE;
  }
  pickUpTimestamps(session, packet, Direction.ToClient);
  if ((packet.tcpOptions & <u8>TcpOption.SackPermitted) != 0) session.flags |= SessionFlag.SackPermitted;
  return true;
}
