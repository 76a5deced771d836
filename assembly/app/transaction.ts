/**
 * What every protocol's state and transactions begin with. A protocol extends both classes:
 *
 *   class HttpState extends AppState { ... }      class HttpTx extends Tx { ... }
 *
 * A transaction lives from `openTx` until both directions are complete, inspected and logged; then the pipeline calls `freeTx`.
 * Detection sees a transaction only through its progress, its buffers (`<protocol>Buffer`) and its numbers (`<protocol>Number`).
 */

import { AppProto, Direction } from "../abi/codes";
import { Setting } from "../abi/settings";
import { Account, acquire, release } from "../memory/heap";
import { setting } from "../memory/settings";

/** Events one transaction can carry. */
export const TX_EVENTS: u32 = 16;

export enum TxFlag {
  LoggedDone = 1,
  InspectedToServer = 2,
  InspectedToClient = 4,
  /** Detection must not look at this direction any more (`pass` on the transaction, or a stream gap). */
  SkipToServer = 8,
  SkipToClient = 16,
  /** Changed by the packet at hand, by direction: only these are inspected. */
  UpdatedToServer = 32,
  UpdatedToClient = 64,
  /** Rules with `app-layer-event` already saw `inspectedEvents`. */
  Corrupted = 128,
  /** Protocols without direction: one request is the whole transaction. */
  Unidirectional = 256,
  /** This direction was over when it was looked at last: raw inspection was asked for. */
  RawToServer = 512,
  RawToClient = 1024,
  /** The message of another protocol inside (DNS in HTTP/2) was scanned. */
  InnerToServer = 2048,
  InnerToClient = 4096,
}

/** Bits of `AppState.flags` by which a parser asks the pipeline for something. */
export enum StateFlag {
  /** A message of this direction is whole: the raw stream may be inspected up to here. */
  InspectRawToServer = 1,
  InspectRawToClient = 2,
  /** The rest is encrypted or not ours: nothing of the flow's payload is inspected any more. */
  NoPayloadInspection = 4,
  /** Nothing more of this flow is looked at. */
  Bypass = 8,
}

/** What a parser asks for once both sides encrypt. @param handling `encryption-handling`: 0 track-only, 1 bypass, 2 full */
export function whenEncrypted(handling: u32): u32 {
  return handling == 2 ? 0 : StateFlag.NoPayloadInspection;
}

@unmanaged
export class AppState {
  /** AppProto */
  proto: u8;
  /** Set by a parser that wants no more data of a direction (bit Direction). */
  closed: u8;
  /** A parser error happened (bit Direction). */
  failed: u8;
  /** StateFlag bits. */
  flags: u32;
  oldest: usize;
  newest: usize;
  /** Transactions opened so far; also the id of the next one. */
  opened: u32;
  /** Transactions not yet freed. */
  live: u32;
  /** The transport: IpProto. */
  transport: u8;
  /** The protocol this conversation changes to (STARTTLS, CONNECT, upgrade), AppProto.Unknown for none. */
  changeTo: u8;
  /** Server port hint for `changeTo`. */
  changePort: u16;
  serverPort: u16;
  clientPort: u16;
  /** Frames noted and not yet inspected (app/frame.ts), oldest first. `next` is the first field of a frame. */
  frames: usize;
  frameCount: u32;
  /** Frames noted so far, by direction. */
  framesToServer: u32;
  framesToClient: u32;
  /** A connection this conversation announced (app/expected.ts Expected), 0 for none; the pipeline takes it. */
  expected: usize;
}

@unmanaged
export class Tx {
  previous: usize;
  next: usize;
  id: u32;
  flags: u32;
  /** Protocol's own scale; reaching its `complete` number ends a direction. */
  progressToServer: u8;
  progressToClient: u8;
  eventCount: u8;
  /** Events a rule was already matched against. */
  eventsInspected: u8;
  /** Highest progress the prefilter has run for + 1, by direction. */
  prefilteredToServer: u8;
  prefilteredToClient: u8;
  loggedEvents: u8;
  proto: u8;
  /** Per-direction rule state of detect/ (0: none). */
  rulesToServer: usize;
  rulesToClient: usize;
  /** What detect/ knows of buffers that grow (0: nothing). */
  growing: usize;
  /** Files of each direction (app/file.ts), newest last. */
  filesToServer: usize;
  filesToClient: usize;
  events0: u64;
  events1: u64;
  events2: u64;
  events3: u64;

  /** Notes an application event (abi/events.ts) on this transaction; the same event once. */
  raise(event: u32): void {
    const base = changetype<usize>(this) + offsetof<Tx>("events0");
    const n = <u32>this.eventCount;
    for (let i: u32 = 0; i < n; i++) if (load<u16>(base + ((<usize>i) << 1)) == event) return;
    if (n >= TX_EVENTS) return;
    store<u16>(base + ((<usize>n) << 1), <u16>event);
    this.eventCount = <u8>(n + 1);
  }

  event(i: u32): u32 {
    return load<u16>(changetype<usize>(this) + offsetof<Tx>("events0") + ((<usize>i) << 1));
  }

  progress(direction: u32): u32 {
    return direction == Direction.ToServer ? this.progressToServer : this.progressToClient;
  }

  /** Marks a direction updated: rules look at it again. */
  touch(direction: u32): void {
    this.flags |= direction == Direction.ToServer ? TxFlag.UpdatedToServer : TxFlag.UpdatedToClient;
  }

  /** Moves a direction forward and marks it updated; never backward. */
  advance(direction: u32, progress: u32): void {
    this.touch(direction);
    if (direction == Direction.ToServer) {
      if (progress > <u32>this.progressToServer) this.progressToServer = <u8>progress;
    } else {
      if (progress > <u32>this.progressToClient) this.progressToClient = <u8>progress;
    }
  }
}

/** The transactions of one flow that a `max-tx` setting lets stay open. */
export function maxTx(name: Setting): u32 {
  const most = setting(name);
  return most == 0 ? 1024 : most;
}

/** A zeroed protocol state of `size` bytes, or 0 when the memcap refuses. */
export function openState(proto: AppProto, size: u32): usize {
  const s = acquire(Account.App, size);
  if (s == 0) return 0;
  memory.fill(s, 0, size);
  changetype<AppState>(s).proto = <u8>proto;
  return s;
}

/** A zeroed transaction of `size` bytes appended to the state, or 0 when the memcap refuses. */
export function openTx(state: AppState, size: u32): usize {
  const p = acquire(Account.App, size);
  if (p == 0) return 0;
  memory.fill(p, 0, size);
  const tx = changetype<Tx>(p);
  tx.id = state.opened++;
  tx.proto = state.proto;
  tx.flags = TxFlag.UpdatedToServer | TxFlag.UpdatedToClient;
  tx.previous = state.newest;
  if (state.newest != 0) changetype<Tx>(state.newest).next = p;
  else state.oldest = p;
  state.newest = p;
  state.live++;
  return p;
}

/** Unlinks and frees the record itself; what the protocol hung on it must be released before. */
export function closeTx(state: AppState, tx: Tx): void {
  if (tx.previous != 0) changetype<Tx>(tx.previous).next = tx.next;
  else state.oldest = tx.next;
  if (tx.next != 0) changetype<Tx>(tx.next).previous = tx.previous;
  else state.newest = tx.previous;
  state.live--;
  release(changetype<usize>(tx));
}
