/**
 * The flow table. Exports for the pipeline:
 *
 *   configureFlows()          reserves everything; false when memory is exhausted
 *   lookupFlow(packet)        finds or creates; null: the packet wants none, or there is no room (then `flowRefused()`)
 *   reuseFlow(old, packet)    a TCP session began anew on the same ports (stream/ decides): the old flow ends, a new one begins
 *   updateFlow(flow, packet)  update.ts: counts the packet and tells its direction
 *   setFlowState(flow, state) moves the flow to the queue of its timeout
 *   nextExpired(now)          ended flows, one a call: replaced, pushed out, timed out. Ask until null after every packet and in timers
 *   nextRemaining()           the same at the end of the capture, for every flow left
 *   freeFlow(flow)            after the other rooms let go of what hangs on it
 *
 * Invariant: a flow is in exactly one queue; one in a queue below ENDED is also in the chain of its hash.
 */
import { IpProto } from "../abi/codes";
import { Counter } from "../abi/counters";
import { Setting } from "../abi/settings";
import { reserve } from "../memory/arena";
import { give, makePool, Pool, take } from "../memory/pool";
import { setting } from "../memory/settings";
import { countAdd } from "../verdict/counters";
import { isIcmpError } from "../wire/icmpv4";
import { Packet, PacketFlag } from "../wire/packet";
import { TcpFlag } from "../wire/tcp";
import { Flow, FlowEnd, FlowFlag, FlowState } from "./flow";
import { hashOf, matches } from "./key";
import { simulates } from "./simulation";
import { QUEUES, queueOf, secondsOf } from "./timeouts";

/** Queue of flows that ended and wait to be freed. */
const ENDED: u32 = QUEUES;
/** Bits of a flow id: it must survive JSON readers that compute in doubles. */
const ID_MASK: u64 = (1 << 51) - 1;
/** Odd, so that counting through it visits every id before the first comes again. */
const ID_STEP: u64 = 0x5851f42d4c957;
/** Flows ended but not yet freed between two calls of `nextExpired`: one a packet of a frame and some slack. */
const SPARE: u32 = 256;
const MAX_BUCKETS: u32 = 1 << 20;
/** Percent of flows in use below which an emergency is over. */
const RECOVERY: u32 = 70;
const MICROSECONDS: u64 = 1000000;

/** Oldest and newest flow of each queue. */
const heads: usize = memory.data((QUEUES + 1) * 4, 4);
const tails: usize = memory.data((QUEUES + 1) * 4, 4);

let pool: Pool = changetype<Pool>(0);
let buckets: usize = 0;
let bucketMask: u32 = 0;
let capacity: u32 = 0;
let waiting: u32 = 0;
let created: u64 = 0;
let emergency: bool = false;
let refused: bool = false;

export function configureFlows(): bool {
  capacity = max<u32>(setting(Setting.Flows), 1);
  const memcap = setting(Setting.FlowMemcap);
  if (memcap != 0) capacity = min(capacity, max<u32>(memcap / offsetof<Flow>(), 1));
  const made = makePool(offsetof<Flow>(), capacity + SPARE);
  let count: u32 = 64;
  while (count < capacity && count < MAX_BUCKETS) count <<= 1;
  buckets = reserve((<usize>count) << 2);
  if (made === null || buckets == 0) return false;
  pool = made;
  bucketMask = count - 1;
  return true;
}

/** Did the last `lookupFlow` or `reuseFlow` find no room (flow.memcap-policy)? */
export function flowRefused(): bool {
  return refused;
}

/** Is memory for flows short? */
export function flowEmergency(): bool {
  return emergency;
}

function headOf(queue: u32): Flow | null {
  return changetype<Flow | null>(load<usize>(heads + ((<usize>queue) << 2)));
}

function enqueue(f: Flow, queue: u32): void {
  const slot = (<usize>queue) << 2;
  const last = load<usize>(tails + slot);
  f.timeoutList = <u8>queue;
  f.older = last;
  f.newer = 0;
  if (last == 0) store<usize>(heads + slot, changetype<usize>(f));
  else changetype<Flow>(last).newer = changetype<usize>(f);
  store<usize>(tails + slot, changetype<usize>(f));
}

function dequeue(f: Flow): void {
  const slot = (<usize>f.timeoutList) << 2;
  if (f.older == 0) store<usize>(heads + slot, f.newer);
  else changetype<Flow>(f.older).newer = f.newer;
  if (f.newer == 0) store<usize>(tails + slot, f.older);
  else changetype<Flow>(f.newer).older = f.older;
}

function bucketOf(hash: u32): usize {
  return buckets + ((<usize>(hash & bucketMask)) << 2);
}

function unchain(f: Flow): void {
  let slot = bucketOf(f.hash);
  while (load<usize>(slot) != changetype<usize>(f)) slot = load<usize>(slot) + offsetof<Flow>("next");
  store<usize>(slot, f.next);
}

/** Takes a flow out of the table and lets it wait for `nextExpired`. */
function end(f: Flow, why: FlowEnd): void {
  unchain(f);
  dequeue(f);
  f.ended = <u8>why;
  if (why == FlowEnd.Timeout) f.flags |= FlowFlag.TimedOut;
  if (emergency) f.flags |= FlowFlag.Emergency;
  enqueue(f, ENDED);
  waiting++;
}

function isSilent(f: Flow, now: u64): bool {
  const seconds = secondsOf(f.timeoutList, emergency);
  return f.lastSeen / MICROSECONDS + seconds < now / MICROSECONDS;
}

/** Seconds a flow counts as alive when others need its room. */
function graceOf(state: u32): u64 {
  if (state == FlowState.New) return 1;
  if (state == FlowState.Established) return 5;
  return state == FlowState.Closed ? 3 : 29;
}

/** Makes room by ending the flow that has been silent longest, unless all were heard of just now. */
function pushOut(now: u64): bool {
  let victim: Flow | null = null;
  for (let queue: u32 = 0; queue < QUEUES; queue++) {
    const f = headOf(queue);
    if (f === null) continue;
    if (f.lastSeen / MICROSECONDS + graceOf(f.state) >= now / MICROSECONDS) continue;
    if (victim === null || f.lastSeen < victim.lastSeen) victim = f;
  }
  if (victim === null) return false;
  end(victim, FlowEnd.Forced);
  return true;
}

/** When flows are short, none is picked up midstream. */
function isUntimely(p: Packet): bool {
  if (!emergency || <u32>p.proto != IpProto.Tcp || p.transport == 0 || setting(Setting.Midstream) == 0) return false;
  return (p.tcpFlags & (TcpFlag.Syn | TcpFlag.Ack | TcpFlag.Rst | TcpFlag.Fin)) != <u8>TcpFlag.Syn;
}

function initialize(f: Flow, p: Packet): void {
  created++;
  f.id = (created * ID_STEP) & ID_MASK;
  f.hash = p.flowHash;
  f.sourceLow = p.sourceLow;
  f.sourceHigh = p.sourceHigh;
  f.destinationLow = p.destinationLow;
  f.destinationHigh = p.destinationHigh;
  f.sourcePort = p.sourcePort;
  f.destinationPort = p.destinationPort;
  f.vlan0 = p.vlan0;
  f.vlan1 = p.vlan1;
  f.vlan2 = p.vlan2;
  f.vlanCount = p.vlanCount;
  f.ipVersion = p.ipVersion;
  f.proto = p.proto;
  f.depth = p.depth;
  f.icmpType = p.icmpType;
  f.icmpCode = p.icmpCode;
  f.icmpPeer = p.icmpPeer;
  f.spi = p.spi;
  f.started = p.timestamp;
  f.lastSeen = p.timestamp;
  f.state = <u8>FlowState.New;
}

function countCreated(proto: u32): void {
  countAdd(Counter.flow__total, 1);
  countAdd(Counter.flow__active, 1);
  if (proto == IpProto.Tcp) countAdd(Counter.flow__tcp, 1);
  else if (proto == IpProto.Udp) countAdd(Counter.flow__udp, 1);
  else if (proto == IpProto.Icmp) countAdd(Counter.flow__icmpv4, 1);
  else if (proto == IpProto.Icmpv6) countAdd(Counter.flow__icmpv6, 1);
}

/** Refuses, and lets the caller apply flow.memcap-policy. */
function refuse(): Flow | null {
  refused = true;
  countAdd(Counter.flow__memcap, 1);
  return null;
}

function create(p: Packet): Flow | null {
  if (<u32>p.proto == IpProto.Icmp && isIcmpError(p.icmpType)) return null;
  // Suricata lets the packet by without a flow; in prevention that would be uninspected.
  if (isUntimely(p)) return setting(Setting.Prevent) != 0 ? refuse() : null;
  if (simulates(Setting.SimulateFlowMemcap, p)) return refuse();
  if (pool.used - waiting >= capacity) {
    emergency = true;
    if (!pushOut(p.timestamp)) return refuse();
  }
  const record = take(pool);
  if (record == 0) return refuse();
  const f = changetype<Flow>(record);
  initialize(f, p);
  const slot = bucketOf(f.hash);
  f.next = load<usize>(slot);
  store<usize>(slot, record);
  enqueue(f, queueOf(f.proto, f.state));
  countCreated(f.proto);
  return f;
}

/**
 * The flow of a packet, made when it is the first; `p.flow` and `p.flowHash` are set. One that timed out ends here, and the packet begins
 * another; other silent flows are left to `nextExpired`, so that a lookup ends one flow at most.
 */
export function lookupFlow(p: Packet): Flow | null {
  refused = false;
  if (!p.has(PacketFlag.WantsFlow)) return null;
  p.flowHash = hashOf(p);
  let next = load<usize>(bucketOf(p.flowHash));
  while (next != 0) {
    const f = changetype<Flow>(next);
    next = f.next;
    if (!matches(f, p)) continue;
    if (isSilent(f, p.timestamp)) {
      end(f, FlowEnd.Timeout);
      break;
    }
    p.flow = changetype<usize>(f);
    return f;
  }
  const made = create(p);
  p.flow = changetype<usize>(made);
  return made;
}

/** Ends `old` and begins a new flow with `p`; null as in `lookupFlow`. */
export function reuseFlow(old: Flow, p: Packet): Flow | null {
  refused = false;
  countAdd(Counter.flow__tcp_reuse, 1);
  end(old, FlowEnd.TcpReuse);
  const made = create(p);
  p.flow = changetype<usize>(made);
  return made;
}

/** Notes that the flow was heard of at `now`; time never runs backwards for it. */
export function touchFlow(f: Flow, now: u64): void {
  if (now <= f.lastSeen) return;
  f.lastSeen = now;
  if (<u32>f.timeoutList == ENDED || f.newer == 0) return;
  const queue = f.timeoutList;
  dequeue(f);
  enqueue(f, queue);
}

/** Changes the state of a flow; one that is bypassed stays so. */
export function setFlowState(f: Flow, state: FlowState): void {
  if (<u32>f.state == FlowState.Bypassed || <u32>f.state == <u32>state) return;
  f.state = <u8>state;
  if (<u32>f.timeoutList == ENDED) return;
  dequeue(f);
  enqueue(f, queueOf(f.proto, state));
}

/** The next flow that ended by `now` (microseconds), or null. The caller frees it before it asks again. */
export function nextExpired(now: u64): Flow | null {
  const ended = headOf(ENDED);
  if (ended !== null) return ended;
  for (let queue: u32 = 0; queue < QUEUES; queue++) {
    const f = headOf(queue);
    if (f === null || !isSilent(f, now)) continue;
    end(f, FlowEnd.Timeout);
    return f;
  }
  return null;
}

/** The next flow of those left, at the end of all traffic, or null. The caller frees it before it asks again. */
export function nextRemaining(): Flow | null {
  const ended = headOf(ENDED);
  if (ended !== null) return ended;
  for (let queue: u32 = 0; queue < QUEUES; queue++) {
    const f = headOf(queue);
    if (f === null) continue;
    end(f, FlowEnd.Shutdown);
    return f;
  }
  return null;
}

/** Gives a flow back to the pool. It must have come from `nextExpired` or `nextRemaining`. */
export function freeFlow(f: Flow): void {
  dequeue(f);
  waiting--;
  give(pool, changetype<usize>(f));
  countAdd(Counter.flow__active, u64.MAX_VALUE);
  if (emergency && (pool.used - waiting) * 100 <= capacity * RECOVERY) emergency = false;
}
