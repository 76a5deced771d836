/**
 * A TCP session: two halves, one a direction of data. `half(session, Direction.ToServer)` is what the client sent.
 * Sessions live in a pool carved at configure; what hangs on them (data, SACK ranges, queued handshakes) lives in the heap
 * on the stream's account. `Flow.tcp` points to the session.
 */
import { Direction } from "../abi/codes";
import { Setting } from "../abi/settings";
import { Account, capAccount } from "../memory/heap";
import { give, makePool, Pool, take } from "../memory/pool";
import { setting } from "../memory/settings";

/** States as an observer between both hosts sees them. The order matters: rules of the engine compare states. */
export enum TcpState {
  None = 0,
  SynSent = 1,
  SynRecv = 2,
  Established = 3,
  FinWait1 = 4,
  FinWait2 = 5,
  TimeWait = 6,
  LastAck = 7,
  CloseWait = 8,
  Closing = 9,
  Closed = 10,
}

export enum TcpFlag {
  Fin = 1,
  Syn = 2,
  Rst = 4,
  Push = 8,
  Ack = 16,
  Urg = 32,
}

/** What is known about a session: bits of `Session.flags`. */
export enum SessionFlag {
  /** Picked up after its handshake. */
  Midstream = 1 << 0,
  /** Midstream, and no packet of the server was seen yet: its window is unknown. */
  MidstreamEstablished = 1 << 1,
  /** Picked up at the SYN/ACK. */
  MidstreamSynAck = 1 << 2,
  /** Both ends use timestamps. */
  Timestamp = 1 << 3,
  /** The SYN carried a window scale. */
  SynWindowScale = 1 << 4,
  ClosedByReset = 1 << 5,
  /** Simultaneous open or split handshake. */
  FourWay = 1 << 6,
  /** An ACK with a wrong number that some targets ignore: a reset may not end the session. */
  EvasionAttempt = 1 << 7,
  /** The SYN permitted SACK. */
  SynSackPermitted = 1 << 8,
  SackPermitted = 1 << 9,
  /** The server answered after the handshake. */
  HandshakeConfirmed = 1 << 10,
  AppLayerDisabled = 1 << 11,
  Bypass = 1 << 12,
  FastOpen = 1 << 13,
  /** The server did not accept the data of the SYN. */
  FastOpenDataIgnored = 1 << 14,
  /** Only one side is visible. */
  Async = 1 << 15,
  /** Zero window probe sent by the client / by the server. */
  ProbeToServer = 1 << 16,
  ProbeToClient = 1 << 17,
  /** Data was lost to a memory limit: be liberal from now on. */
  Lossy = 1 << 18,
}

/** What is known about a half: bits of `Half.flags`. */
export enum HalfFlag {
  /** App layer lost data in this direction. */
  Gap = 1 << 0,
  /** Nothing is reassembled any more. */
  NoReassembly = 1 << 1,
  KeepAlive = 1 << 2,
  DepthReached = 1 << 3,
  /** Raw inspection is asked for now, however little data there is. */
  TriggerRaw = 1 << 4,
  /** The handshake of this side carried a timestamp. */
  Timestamp = 1 << 5,
  ZeroTimestamp = 1 << 6,
  ProtocolDetected = 1 << 7,
  /** No further data is taken for raw inspection. */
  NewRawDisabled = 1 << 8,
  RawDisabled = 1 << 9,
  /** This side received a reset. */
  ResetReceived = 1 << 10,
}

@unmanaged
export class Half {
  /** HalfFlag bits. */
  flags: u32;
  /** TargetOs + 1 of the receiver, 0 not set. */
  target: u8;
  windowScale: u8;
  /** Bytes of urgent data taken out of the stream. */
  urgentOffset: u16;
  /** Initial sequence number. */
  isn: u32;
  /** Next expected sequence number. */
  nextSeq: u32;
  /** Highest acknowledgement of the other side. */
  lastAck: u32;
  /** Right edge of the window: lastAck + window, never moves back. */
  nextWin: u32;
  /** Window the receiver of this half announced, scaled. */
  window: u32;
  lastTimestamp: u32;
  /** Second of the last packet with an accepted timestamp. */
  lastPacketTime: u32;
  /** Sequence number of stream offset `base`. */
  baseSeq: u32;
  /** Stream offset of the first byte still held; byte 0 is the one behind the SYN. */
  base: u64;
  /** Offset up to which the app layer consumed. */
  appProgress: u64;
  /** Offset up to which raw inspection went. */
  rawProgress: u64;
  /** Offset from which on frames still need data, 2^64-1 none. */
  holdFrom: u64;
  /** One behind the highest byte ever held. */
  rightEdge: u64;
  /** Blocks of contiguous data, ordered by offset. */
  firstBlock: usize;
  lastBlock: usize;
  /** SACK ranges above lastAck, ordered. */
  sack: usize;
  sackCount: u32;
  blockCount: u32;
  /** Bytes of raw data wanted before a triggered inspection. */
  minInspectDepth: u32;
  /** The app layer wants to be called again with so many bytes only. */
  dataRequired: u32;
  /** Longest segment held: bounds the search for overlaps. */
  longestSegment: u32;
}

@unmanaged
export class Session {
  /** TcpState */
  state: u8;
  /** The state before `state`. */
  previousState: u8;
  /** Entries of `queue`. */
  queued: u8;
  /** Direction + 1 of the first data, 0 none yet. */
  firstData: u8;
  /** SessionFlag bits. */
  flags: u32;
  /** Handshake packets that may still turn out to be the true one. */
  queue: usize;
  /** stream.reassembly.depth of this session, 0 no limit. */
  depth: u32;
}

const HALF_SIZE: usize = (offsetof<Half>() + 7) & ~7;
const SESSION_HEAD: usize = (offsetof<Session>() + 7) & ~7;
const SESSION_SIZE: u32 = <u32>(SESSION_HEAD + 2 * HALF_SIZE);

let pool: Pool | null = null;

/** Carves the session pool and caps the account of reassembly. False when memory is exhausted. */
export function configureSessions(): bool {
  let capacity = setting(Setting.TcpSessions);
  const memcap = setting(Setting.StreamMemcap);
  if (memcap != 0) capacity = min(capacity, max<u32>(memcap / SESSION_SIZE, 1));
  pool = makePool(SESSION_SIZE, capacity);
  capAccount(Account.Stream, setting(Setting.ReassemblyMemcap));
  return pool !== null;
}

/** A new session, or 0 when none is left. */
export function openSession(): usize {
  if (pool === null) return 0;
  const address = take(<Pool>pool);
  if (address == 0) return 0;
  const session = changetype<Session>(address);
  session.depth = setting(Setting.ReassemblyDepth);
  const disabled = setting(Setting.RawReassembly) != 0 ? 0 : HalfFlag.RawDisabled | HalfFlag.NewRawDisabled;
  half(session, Direction.ToServer).flags = disabled;
  half(session, Direction.ToClient).flags = disabled;
  half(session, Direction.ToServer).holdFrom = u64.MAX_VALUE;
  half(session, Direction.ToClient).holdFrom = u64.MAX_VALUE;
  return address;
}

/** Gives the record back; what hangs on it must be released before. */
export function closeSession(session: Session): void {
  give(<Pool>pool, changetype<usize>(session));
}

/** Sessions open now. */
export function openSessions(): u32 {
  return pool === null ? 0 : (<Pool>pool).used;
}

/** The half whose data flows in `direction`. */
export function half(session: Session, direction: u32): Half {
  return changetype<Half>(changetype<usize>(session) + SESSION_HEAD + <usize>direction * HALF_SIZE);
}
