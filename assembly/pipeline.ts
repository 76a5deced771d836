/**
 * The way of a frame: decode, defragment, then each packet through flow, stream, application and rules (pipeline/packet.ts).
 * The verdict of the frame is that of the worst of its packets: what a tunnel carries drops the tunnel's frame.
 */
import { Action, DropReason, LoadError, Verdict } from "./abi/codes";
import { Counter } from "./abi/counters";
import { FRAME_SLACK, Frame } from "./abi/frames";
import { Setting } from "./abi/settings";
import { adoptDatabase } from "./detect/adopt";
import { configureDetection, MAX_RULES } from "./detect/run";
import { configureDefrag, defragmentAll } from "./flow/defrag";
import { settleDatagrams } from "./flow/defrag_inline";
import { Flow } from "./flow/flow";
import { configureFlows } from "./flow/table";
import { configureRegex, REGEX_SCRATCH_BEST } from "./match/regex";
import { reserve, reserved, seal } from "./memory/arena";
import { Account, capAccount, configureHeap } from "./memory/heap";
import { setting } from "./memory/settings";
import { configureFlowEnd, endExpired, endRemaining, flushChanged } from "./pipeline/flow_end";
import { inspectPacket } from "./pipeline/packet";
import { loadConfiguration } from "./stream/configuration";
import { configureStream } from "./stream/stream";
import { configureCost } from "./verdict/cost";
import { countAdd } from "./verdict/counters";
import { configureEvents, roomForFrame } from "./verdict/event";
import { configureGroups, openGroups } from "./verdict/groups";
import { configureTrace } from "./verdict/trace";
import { decodeFrame } from "./wire/decode";
import { PacketFlag } from "./wire/packet";
import { configurePackets, packetAt, packetCount } from "./wire/packets";

/** Flows ended with one frame at most, so that a frame's cost is bounded. */
const ENDED_A_FRAME: u32 = 8;
/** Bytes the longest look-ahead of a matcher may read behind any buffer. */
const SLACK: u32 = 128;

export let framesAddress: usize = 0;
export let slotsAddress: usize = 0;
export let verdictsAddress: usize = 0;
export let databaseAddress: usize = 0;
let otherDatabase: usize = 0;
let configured: bool = false;

/** Carves all memory. False when the settings ask for more than there is; then the core must not be used. */
export function configureAll(): bool {
  if (configured) return false;
  framesAddress = reserve(setting(Setting.FrameBytes) + FRAME_SLACK);
  slotsAddress = reserve(setting(Setting.FrameSlots) * Frame.size);
  verdictsAddress = reserve(setting(Setting.FrameSlots));
  databaseAddress = reserve(setting(Setting.DatabaseBytes));
  otherDatabase = reserve(setting(Setting.DatabaseBytes));
  const regex = reserve(REGEX_SCRATCH_BEST);
  if (otherDatabase == 0 || regex == 0 || !configureRegex(regex, REGEX_SCRATCH_BEST)) return false;
  const rooms =
    configureHeap(setting(Setting.HeapBytes)) &&
    configureEvents() &&
    configurePackets() &&
    configureFlows() &&
    configureDefrag() &&
    configureStream() &&
    configureDetection() &&
    configureCost(MAX_RULES) &&
    configureGroups() &&
    configureFlowEnd();
  if (!rooms || reserve(SLACK) == 0) return false;
  configureTrace();
  capAccount(Account.Stream, setting(Setting.ReassemblyMemcap));
  capAccount(Account.Http, setting(Setting.HttpMemcap));
  capAccount(Account.Defrag, setting(Setting.DefragMemcap));
  seal();
  configured = true;
  return true;
}

/** Bytes of mutable state and areas. */
export function memoryReserved(): usize {
  return reserved();
}

/** Adopts the database of `length` bytes that lies at `databaseAddress`; a bad one is refused and the old one stays in force. */
export function loadDatabase(length: u32): LoadError {
  if (!configured) return LoadError.NotConfigured;
  if (length > setting(Setting.DatabaseBytes)) return LoadError.BadLength;
  const error = adoptDatabase(databaseAddress, length, MAX_RULES);
  if (error != LoadError.None) return error;
  // The host may have changed the mode (abi/settings.ts) since.
  loadConfiguration();
  // The next one is written beside it.
  const adopted = databaseAddress;
  databaseAddress = otherDatabase;
  otherDatabase = adopted;
  return LoadError.None;
}

/** Inspects `count` frames from slot `first` on. Returns how many: fewer when the event area must be drained first. */
export function inspectFrames(first: u32, count: u32): u32 {
  const slots = setting(Setting.FrameSlots);
  if (!configured || first >= slots) return 0;
  const end = min<u32>(count, slots - first);
  for (let i: u32 = 0; i < end; i++) {
    if (!roomForFrame()) return i;
    openGroups(first + i);
    store<u8>(verdictsAddress + first + i, <u8>inspectFrame(slotsAddress + <usize>(first + i) * Frame.size));
  }
  return end;
}

function isInside(data: u32, length: u32): bool {
  const from = <u32>framesAddress;
  const bytes = setting(Setting.FrameBytes);
  return data >= from && data - from <= bytes && length <= bytes - (data - from);
}

function inspectFrame(descriptor: usize): Verdict {
  // A descriptor that points outside the frame area is the host's mistake: the frame counts as invalid and passes.
  if (!isInside(load<u32>(descriptor, Frame.data), load<u32>(descriptor, Frame.length))) {
    countAdd(Counter.decoder__invalid, 1);
    return Verdict.Pass;
  }
  decodeFrame(descriptor);
  defragmentAll();
  let action: u8 = <u8>Action.None;
  let reason: u8 = 0;
  let modified = false;
  let wouldDrop = false;
  // Innermost first, as Suricata does: what a tunnel carries is inspected before the tunnel.
  for (let i = packetCount(); i > 0; i--) {
    const packet = packetAt(i - 1);
    inspectPacket(packet);
    if (packet.flow != 0) flushChanged(changetype<Flow>(packet.flow), packet.timestamp);
    if (packet.action > action || (i == 1 && packet.action == action)) {
      action = packet.action;
      reason = i > 1 ? <u8>DropReason.InnerPacket : packet.reason;
    }
    modified = modified || packet.has(PacketFlag.Modified);
    wouldDrop = wouldDrop || packet.has(PacketFlag.WouldDrop);
  }
  settleDatagrams(action >= <u8>Action.Drop, load<u64>(descriptor, Frame.timestamp));
  endExpired(load<u64>(descriptor, Frame.timestamp), ENDED_A_FRAME);
  return verdictOf(action, reason, modified, wouldDrop);
}

function verdictOf(action: u8, reason: u8, modified: bool, wouldDrop: bool): Verdict {
  const drop = action >= <u8>Action.Drop;
  if (setting(Setting.Prevent) == 0) {
    countAdd(Counter.ips__accepted, 1);
    if (drop || wouldDrop) countAdd(Counter.ips__would_drop, 1);
    return Verdict.Pass;
  }
  if (!drop) {
    countAdd(modified ? Counter.ips__replaced : Counter.ips__accepted, 1);
    return modified ? Verdict.Modified : Verdict.Pass;
  }
  countAdd(Counter.ips__blocked, 1);
  if (reason > 0) countAdd(Counter.ips__drop_reason__decode_error + <i32>reason - 1, 1);
  if (action == <u8>Action.Drop) return Verdict.Drop;
  countAdd(Counter.ips__rejected, 1);
  return Verdict.Reject;
}

/** Ends flows whose time is over at `now` (microseconds). Returns how many; call again while it is not 0. */
export function advanceTo(now: u64): u32 {
  return configured && roomForFrame() ? endExpired(now, ENDED_A_FRAME) : 0;
}

/** Ends every flow. Returns how many; drain events and call again until it is 0. */
export function finishFlows(): u32 {
  return configured && roomForFrame() ? endRemaining(1) : 0;
}
