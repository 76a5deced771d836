/** The ABI: every export of the core, and nothing else. Records are those of `abi/`; addresses never move after `configure`. */
import { ABI_VERSION } from "./abi/codes";
import { settingsAddress } from "./memory/settings";
import {
  advanceTo,
  configureAll,
  databaseAddress,
  finishFlows,
  framesAddress,
  inspectFrames,
  loadDatabase,
  memoryReserved,
  slotsAddress,
  verdictsAddress,
} from "./pipeline";
import { protocolCostsAddress, ruleCostsAddress } from "./verdict/cost";
import { countersAddress } from "./verdict/counters";
import { drainEvents, eventsAddress, eventsUsed } from "./verdict/event";
import { groupsAddress } from "./verdict/groups";

/** Version of the ABI: major in the upper 16 bits, minor in the lower 16. */
export function abi_version(): u32 {
  return ABI_VERSION;
}

/** Where the settings (abi/settings.ts) are written before `configure`. */
export function settings_address(): usize {
  return settingsAddress();
}

/** Carves all memory, once. 1: ready; 0: refused (called twice, or not enough memory). */
export function configure(): u32 {
  return configureAll() ? 1 : 0;
}

/** Bytes carved: the memory the core will ever use. */
export function memory_reserved(): usize {
  return memoryReserved();
}

/** Where the next database is written. It changes with every successful `load`. */
export function database_address(): usize {
  return databaseAddress;
}

/** `load`: adopts the database of `length` bytes at `database_address()`. 0, or a LoadError and the old one stays in force. */
function load_database(length: u32): u32 {
  return loadDatabase(length);
}

/** The frame area: frames are written anywhere in it, with FRAME_SLACK bytes readable behind each. */
export function frames_address(): usize {
  return framesAddress;
}

/** The frame records (abi/frames.ts Frame), one a slot. */
export function slots_address(): usize {
  return slotsAddress;
}

/** What each frame belongs to (abi/frames.ts FrameGroups), one record a slot, after `inspect`. */
export function groups_address(): usize {
  return groupsAddress();
}

/** The verdict bytes, one a slot. */
export function verdicts_address(): usize {
  return verdictsAddress;
}

/** Inspects `count` frames from slot `first` on. Returns how many were; when fewer, drain the events and call again with the rest. */
export function inspect(first: u32, count: u32): u32 {
  return inspectFrames(first, count);
}

/** Lets time pass without a frame, in microseconds since 1970. Returns flows ended; drain events and call again while it is not 0. */
export function advance(now: u64): u32 {
  return advanceTo(now);
}

/** Ends every flow. Returns flows ended; drain events and call again until it is 0. */
export function finish(): u32 {
  return finishFlows();
}

/** The event records (abi/frames.ts EventRecord) since `drain_events`. */
export function events_address(): usize {
  return eventsAddress();
}

/** Bytes of event records. */
export function events_used(): u32 {
  return eventsUsed();
}

/** Gives the event area back to the core. */
export function drain_events(): void {
  drainEvents();
}

/** What each rule cost since its database was loaded (abi/cost.ts RuleCost), by index. */
export function rule_costs_address(): usize {
  return ruleCostsAddress();
}

/** What the packets of each application protocol cost (abi/cost.ts ProtocolCost), by AppProto. */
export function protocol_costs_address(): usize {
  return protocolCostsAddress();
}

/** The counters (abi/counters.ts), u64 each. */
export function counters_address(): usize {
  return countersAddress();
}
export { load_database as load };
