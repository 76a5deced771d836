/** State and transactions of SMB: what is remembered between records, and one transaction for each command, file and DCE/RPC call. */
import { AppEvent } from "../abi/app_events";
import { AppProto, Direction } from "../abi/codes";
import { SimpleProgress } from "../abi/progress";
import { Setting } from "../abi/settings";
import { release } from "../memory/heap";
import { DcerpcInterfaces, freeInterfaces } from "./dcerpc_interfaces";
import { freeFiles } from "./file";
import { freeNotes, Notes } from "./smb_notes";
import { freeParts, Parts } from "./smb_parts";
import { freeText, Text } from "./text";
import { AppState, closeTx, maxTx, openState, openTx, Tx, TxFlag } from "./transaction";

export enum SmbKind {
  Generic = 0,
  Negotiate = 1,
  SessionSetup = 2,
  TreeConnect = 3,
  Create = 4,
  File = 5,
  Dcerpc = 6,
}

@unmanaged
export class SmbState extends AppState {
  notesFirst: usize;
  notesCount: u32;
  dialect: u16;
  /** Bit Direction: bytes were lost here; the next record is searched. */
  lost: u8;
  interfacesOldest: usize;
  interfacesCount: u32;
  /** By direction: bytes of a record that still come, of a file (its transaction) or to be skipped. */
  left0: u32;
  left1: u32;
  file0: usize;
  file1: usize;
  /** What the server of version 2 said it takes at once; 0: not said. */
  maxRead: u32;
  maxWrite: u32;

  get notes(): Notes {
    return changetype<Notes>(changetype<usize>(this) + offsetof<SmbState>("notesFirst"));
  }
  get interfaces(): DcerpcInterfaces {
    return changetype<DcerpcInterfaces>(changetype<usize>(this) + offsetof<SmbState>("interfacesOldest"));
  }
  left(direction: u32): u32 {
    return direction == Direction.ToServer ? this.left0 : this.left1;
  }
  fileOf(direction: u32): usize {
    return direction == Direction.ToServer ? this.file0 : this.file1;
  }
  /** `n` bytes more belong to the file of `tx`, 0 for none. */
  expect(direction: u32, n: u32, tx: usize): void {
    if (direction == Direction.ToServer) {
      this.left0 = n;
      this.file0 = tx;
    } else {
      this.left1 = n;
      this.file1 = tx;
    }
  }
}

@unmanaged
export class SmbTx extends Tx {
  kind: u8;
  /** 1 or 2. */
  version: u8;
  command: u16;
  status: u32;
  session: u64;
  message: u64;
  tree: u32;
  hasStatus: bool;
  isPipe: bool;
  requestType: u8;
  responseType: u8;
  /** File name, share, dialect chosen. */
  nameData: usize;
  nameLength: u32;
  userData: usize;
  userLength: u32;
  domainData: usize;
  domainLength: u32;
  hostData: usize;
  hostLength: u32;
  /** Stubs of a DCE/RPC call. */
  requestData: usize;
  requestLength: u32;
  responseData: usize;
  responseLength: u32;
  call: u32;
  opnum: u16;
  requestFragments: u16;
  responseFragments: u16;
  fid0: u64;
  fid1: u64;
  /** Offset in the file up to which its bytes are known without a hole. */
  tracked: u64;
  /** Parts behind the first hole (smb_parts.ts). */
  partsFirst: usize;
  partsCount: u32;
  partsBytes: u64;
  partsOpen: usize;
  direction: u32;

  get name(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<SmbTx>("nameData"));
  }
  get user(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<SmbTx>("userData"));
  }
  get domain(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<SmbTx>("domainData"));
  }
  get host(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<SmbTx>("hostData"));
  }
  get parts(): Parts {
    return changetype<Parts>(changetype<usize>(this) + offsetof<SmbTx>("partsFirst"));
  }
  stub(direction: u32): Text {
    const at = direction == Direction.ToServer ? offsetof<SmbTx>("requestData") : offsetof<SmbTx>("responseData");
    return changetype<Text>(changetype<usize>(this) + at);
  }
  done(direction: u32): void {
    this.advance(direction, SimpleProgress.Complete);
  }
  answer(status: u32): void {
    this.status = status;
    this.hasStatus = true;
    this.touch(Direction.ToServer);
    this.touch(Direction.ToClient);
  }
}

export function smbOpen(_transport: u32): usize {
  return openState(AppProto.Smb, <u32>offsetof<SmbState>());
}

export function smbClose(base: AppState): void {
  while (base.oldest != 0) smbFreeTx(base, changetype<Tx>(base.oldest));
  const state = changetype<SmbState>(changetype<usize>(base));
  freeInterfaces(state.interfaces);
  freeNotes(state.notes);
  release(changetype<usize>(base));
}

export function smbFreeTx(base: AppState, tx: Tx): void {
  const at = changetype<usize>(tx);
  const state = changetype<SmbState>(changetype<usize>(base));
  if (state.file0 == at) state.file0 = 0;
  if (state.file1 == at) state.file1 = 0;
  const own = changetype<SmbTx>(at);
  freeText(own.name);
  freeText(own.user);
  freeText(own.domain);
  freeText(own.host);
  freeText(own.stub(Direction.ToServer));
  freeText(own.stub(Direction.ToClient));
  freeParts(own.parts);
  freeFiles(tx);
  closeTx(base, tx);
}

/** A new transaction; 0 without memory. */
export function openSmb(state: SmbState, kind: SmbKind, version: u32, command: u32): usize {
  if (state.live > maxTx(Setting.SmbMaxTx)) closeOldest(state);
  const p = openTx(state, <u32>offsetof<SmbTx>());
  if (p == 0) return 0;
  const tx = changetype<SmbTx>(p);
  tx.kind = <u8>kind;
  tx.version = <u8>version;
  tx.command = <u16>command;
  return p;
}

/** Completes the oldest transaction that is not complete, so that it can go. */
function closeOldest(state: SmbState): void {
  for (let p = state.oldest; p != 0; p = changetype<Tx>(p).next) {
    const tx = changetype<SmbTx>(p);
    const open =
      <u32>tx.progressToServer < <u32>SimpleProgress.Complete ||
      <u32>tx.progressToClient < <u32>SimpleProgress.Complete;
    if (!open) continue;
    tx.raise(AppEvent.smb__too_many_transactions);
    tx.done(Direction.ToServer);
    tx.done(Direction.ToClient);
    return;
  }
}

/** Notes an event on the newest transaction; on one of its own when there is none that rules did not look at yet. */
export function raiseSmb(state: SmbState, event: u32): void {
  let p = state.newest;
  const inspected: u32 = TxFlag.InspectedToServer | TxFlag.InspectedToClient;
  if (p == 0 || (changetype<Tx>(p).flags & inspected) != 0) {
    p = openSmb(state, SmbKind.Generic, 0, 0);
    if (p == 0) return;
    changetype<SmbTx>(p).done(Direction.ToServer);
    changetype<SmbTx>(p).done(Direction.ToClient);
  }
  const tx = changetype<SmbTx>(p);
  tx.raise(event);
  tx.touch(Direction.ToServer);
  tx.touch(Direction.ToClient);
}

/** The newest transaction of a command that waits for its answer, or 0. */
export function waiting(state: SmbState, version: u32, command: u32, message: u64): usize {
  for (let p = state.newest; p != 0; p = changetype<Tx>(p).previous) {
    const tx = changetype<SmbTx>(p);
    if (tx.kind == <u8>SmbKind.File || tx.kind == <u8>SmbKind.Dcerpc) continue;
    if (<u32>tx.version != version || <u32>tx.command != command || tx.message != message) continue;
    if (<u32>tx.progressToClient < <u32>SimpleProgress.Complete) return p;
  }
  return 0;
}
