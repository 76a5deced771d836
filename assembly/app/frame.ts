/**
 * Frames (Suricata manual, "Frames"): parts of a protocol's stream that rules may name: a request, a record, its header. A parser notes
 * them while it reads; they are bytes of the stream, named by stream offset, so a frame may end long after it was noted.
 * Frames are noted only while the database has rules for them.
 */
import { Direction } from "../abi/codes";
import { Account, acquire, release } from "../memory/heap";
import { AppState } from "./transaction";

/** Length of a frame whose end is not known yet. */
export const OPEN_FRAME: u64 = 0xffff_ffff_ffff_ffff;
/** Frames a state may hold; further ones are not noted. */
const MAX_FRAMES: u32 = 256;

@unmanaged
export class AppFrame {
  next: usize;
  /** FNV-1a of the type's name. */
  type: u32;
  direction: u32;
  /** Stream offset (of a datagram: offset in its payload). */
  start: u64;
  length: u64;
  /** Counts the frames of a direction, from 1. */
  id: u32;
  /** Address of the type's name, a string. */
  name: usize;
  /** What was inspected of it last: valid until the packet at hand is reported. */
  data: usize;
  dataLength: u32;
  /** Offsets in the frame: behind what was inspected, and where the next inspection begins. */
  seen: u64;
  progress: u64;
  inspected: bool;
}

/** Types that rules name. */
const MAX_TYPES: u32 = 128;
const types: usize = memory.data(128 * 4);
let typeCount: u32 = 0;
let inputData: usize = 0;
let inputOffset: u64 = 0;

/** A new database: no rule names a frame yet. */
export function forgetFrameTypes(): void {
  typeCount = 0;
}

/** A rule names this type. */
export function wantFrameType(type: u32): void {
  if (isWanted(type) || typeCount >= MAX_TYPES) return;
  store<u32>(types + ((<usize>typeCount) << 2), type);
  typeCount++;
}

function isWanted(type: u32): bool {
  for (let i: u32 = 0; i < typeCount; i++) if (load<u32>(types + ((<usize>i) << 2)) == type) return true;
  return false;
}

export function framesWanted(): bool {
  return typeCount > 0;
}

/** The input at hand begins at stream offset `offset`; the pipeline says so before it calls the parser. */
export function openFrames(data: usize, offset: u64): void {
  inputData = data;
  inputOffset = offset;
}

/** FNV-1a (32 bit) of a type's name. */
function hash(name: string): u32 {
  let h: u32 = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) h = (h ^ <u32>name.charCodeAt(i)) * 0x01000193;
  return h;
}

/** Notes a frame that begins at `at` in the input at hand; 0 when nobody wants it. `length`: OPEN_FRAME while its end is not known. */
export function noteFrame(state: AppState, direction: u32, name: string, at: usize, length: u64): usize {
  return noteFrameAt(state, direction, name, inputOffset + <u64>(at - inputData), length);
}

/** The same by stream offset. */
export function noteFrameAt(state: AppState, direction: u32, name: string, start: u64, length: u64): usize {
  if (typeCount == 0 || state.frameCount >= MAX_FRAMES) return 0;
  const type = hash(name);
  if (!isWanted(type)) return 0;
  const p = acquire(Account.App, <u32>offsetof<AppFrame>());
  if (p == 0) return 0;
  const frame = changetype<AppFrame>(p);
  memory.fill(p, 0, offsetof<AppFrame>());
  frame.name = changetype<usize>(name);
  frame.id = direction == Direction.ToServer ? ++state.framesToServer : ++state.framesToClient;
  frame.type = type;
  frame.direction = direction;
  frame.start = start;
  frame.length = length;
  let link = changetype<usize>(state) + offsetof<AppState>("frames");
  while (load<usize>(link) != 0) link = load<usize>(link);
  store<usize>(link, p);
  state.frameCount++;
  return p;
}

/** A frame that nobody wants counts all the same: the one of the whole stream. */
export function skipFrame(state: AppState, direction: u32): void {
  if (direction == Direction.ToServer) state.framesToServer++;
  else state.framesToClient++;
}

/** Stream offset of an address in the input at hand. */
export function offsetOf(at: usize): u64 {
  return inputOffset + <u64>(at - inputData);
}

/** Ends the oldest open frame of that name before stream offset `end`. */
export function endFrame(state: AppState, direction: u32, name: string, end: u64): void {
  if (typeCount == 0) return;
  const type = hash(name);
  for (let at = state.frames; at != 0; at = changetype<AppFrame>(at).next) {
    const frame = changetype<AppFrame>(at);
    if (frame.type != type || frame.direction != direction || frame.length != OPEN_FRAME) continue;
    frame.length = end > frame.start ? end - frame.start : 0;
    return;
  }
}

/** Unlinks and frees a frame. */
export function dropFrame(state: AppState, frame: usize): void {
  let link = changetype<usize>(state) + offsetof<AppState>("frames");
  for (let at = load<usize>(link); at != 0; at = load<usize>(link)) {
    if (at == frame) {
      store<usize>(link, changetype<AppFrame>(at).next);
      release(at);
      state.frameCount--;
      return;
    }
    link = at;
  }
}

/** Frees all frames; before the state goes. */
export function dropFrames(state: AppState): void {
  while (state.frames != 0) dropFrame(state, state.frames);
}
