/** Calls and replies of NFS 2 (RFC 1094) and 3 (RFC 1813). */
import { Direction } from "../abi/codes";
import { closeNfsFile, nfsChunk, nfsFile, openNfsFile } from "./nfs_files";
import { NfsNote, NfsState, noteName } from "./nfs_state";
import {
  xdr32,
  xdr64,
  xdrAt,
  xdrBegin,
  xdrData,
  xdrLeft,
  xdrLength,
  xdrOpaque,
  xdrShort,
  xdrSkip,
  xdrString,
} from "./xdr";

export enum Nfs3 {
  Null = 0,
  Getattr = 1,
  Setattr = 2,
  Lookup = 3,
  Access = 4,
  Readlink = 5,
  Read = 6,
  Write = 7,
  Create = 8,
  Mkdir = 9,
  Symlink = 10,
  Mknod = 11,
  Remove = 12,
  Rmdir = 13,
  Rename = 14,
  Link = 15,
  Readdir = 16,
  Readdirplus = 17,
  Commit = 21,
}

export enum Nfs2 {
  Lookup = 4,
  Read = 6,
  Write = 8,
  Create = 9,
  Remove = 10,
  Rename = 11,
  Mkdir = 14,
  Rmdir = 15,
}

const HANDLE_2: u32 = 32;
/** A file that is written at once, to disk: the only chunk, as Suricata takes it. */
const FILE_SYNC: u32 = 2;
const ATTRIBUTES_3: u32 = 84;

/** What a call names. */
export let callHandle: usize = 0;
export let callHandleLength: u32 = 0;
export let callName: usize = 0;
export let callNameLength: u32 = 0;
export let callTarget: usize = 0;
export let callTargetLength: u32 = 0;
export let callOffset: u64 = 0;
/** The call belongs to a file's transaction, it has none of its own. */
export let callIsFile: bool = false;

function forget(): void {
  callHandleLength = 0;
  callNameLength = 0;
  callTargetLength = 0;
  callOffset = 0;
  callIsFile = false;
}

function takeHandle(): void {
  callHandle = xdrData;
  callHandleLength = xdrLength;
}

function takeName(): void {
  if (!xdrString()) return;
  callName = xdrData;
  callNameLength = xdrLength;
}

/** Reads a call of version 3. False: malformed. */
export function nfs3Call(state: NfsState, procedure: u32, data: usize, length: u32): bool {
  forget();
  if (procedure == Nfs3.Null || length == 0) return true;
  xdrBegin(data, length);
  if (!xdrString()) return false;
  takeHandle();
  switch (procedure) {
    case Nfs3.Lookup:
    case Nfs3.Create:
    case Nfs3.Mkdir:
    case Nfs3.Symlink:
    case Nfs3.Mknod:
    case Nfs3.Remove:
    case Nfs3.Rmdir:
      takeName();
      break;
    case Nfs3.Rename:
      takeName();
      xdrString();
      if (xdrString()) {
        callTarget = xdrData;
        callTargetLength = xdrLength;
      }
      break;
    case Nfs3.Read:
      callOffset = xdr64();
      callIsFile = true;
      openNfsFile(state, Direction.ToClient, 3, procedure, callHandle, callHandleLength);
      break;
    case Nfs3.Write:
      write3(state);
      break;
    case Nfs3.Commit: {
      callIsFile = true;
      closeNfsFile(nfsFile(state, Direction.ToServer, callHandle, callHandleLength));
      break;
    }
    default:
      break;
  }
  return !xdrShort;
}

function write3(state: NfsState): void {
  callIsFile = true;
  const offset = xdr64();
  xdr32();
  const stable = xdr32();
  if (!xdrString()) return;
  const file = openNfsFile(state, Direction.ToServer, 3, Nfs3.Write, callHandle, callHandleLength);
  if (file == 0) return;
  nfsChunk(file, offset, xdrData, xdrLength);
  if (stable == FILE_SYNC) closeNfsFile(file);
}

/** Reads a call of version 2. False: malformed. */
export function nfs2Call(state: NfsState, procedure: u32, data: usize, length: u32): bool {
  forget();
  if (procedure == 0 || length == 0) return true;
  xdrBegin(data, length);
  if (!xdrOpaque(HANDLE_2)) return false;
  takeHandle();
  switch (procedure) {
    case Nfs2.Lookup:
    case Nfs2.Create:
    case Nfs2.Remove:
    case Nfs2.Rename:
    case Nfs2.Mkdir:
    case Nfs2.Rmdir:
      takeName();
      break;
    case Nfs2.Read:
      callOffset = xdr32();
      callIsFile = true;
      openNfsFile(state, Direction.ToClient, 2, procedure, callHandle, callHandleLength);
      break;
    default:
      break;
  }
  return !xdrShort;
}

/** Attributes that may be left out (post_op_attr). */
function skipAttributes(): void {
  if (xdr32() != 0) xdrSkip(ATTRIBUTES_3);
}

/** Reads a reply of version 3; the status of the operation. */
export function nfs3Reply(state: NfsState, call: NfsNote, data: usize, length: u32): u32 {
  xdrBegin(data, length);
  const status = xdr32();
  if (status != 0 || xdrShort) {
    if (call.procedure == Nfs3.Read) closeNfsFile(nfsFile(state, Direction.ToClient, call.handle, call.handleLength));
    return status;
  }
  switch (call.procedure) {
    case Nfs3.Lookup:
      if (xdrString()) noteName(state, xdrData, xdrLength, call.name, call.nameLength);
      break;
    case Nfs3.Create:
    case Nfs3.Mkdir:
      if (xdr32() != 0 && xdrString()) noteName(state, xdrData, xdrLength, call.name, call.nameLength);
      break;
    case Nfs3.Read: {
      skipAttributes();
      xdr32();
      const last = xdr32() != 0;
      if (xdrString()) readChunk(state, call, 3, last);
      break;
    }
    case Nfs3.Readdirplus:
      entries(state);
      break;
    default:
      break;
  }
  return 0;
}

/** The chunk read last goes to the file of the call. */
export function readChunk(state: NfsState, call: NfsNote, version: u32, last: bool): void {
  const data = xdrData;
  const length = xdrLength;
  const file = openNfsFile(state, Direction.ToClient, version, call.procedure, call.handle, call.handleLength);
  if (file == 0) return;
  nfsChunk(file, call.offset, data, length);
  if (last) closeNfsFile(file);
}

/** Entries of READDIRPLUS: names with their handles. */
function entries(state: NfsState): void {
  skipAttributes();
  xdrSkip(8);
  while (!xdrShort && xdr32() != 0) {
    xdrSkip(8);
    if (!xdrString()) return;
    const name = xdrData;
    const nameLength = xdrLength;
    xdrSkip(8);
    skipAttributes();
    if (xdr32() != 0 && xdrString()) noteName(state, xdrData, xdrLength, name, nameLength);
  }
}

/** Reads a reply of version 2; the status of the operation. */
export function nfs2Reply(state: NfsState, call: NfsNote, data: usize, length: u32): u32 {
  xdrBegin(data, length);
  const status = xdr32();
  if (status != 0 || xdrShort) return status;
  if (call.procedure == Nfs2.Lookup || call.procedure == Nfs2.Create) {
    if (xdrOpaque(HANDLE_2)) noteName(state, xdrData, xdrLength, call.name, call.nameLength);
  } else if (call.procedure == Nfs2.Read) {
    const attributes = xdrAt();
    xdrSkip(68);
    if (xdrLeft() > 0 && xdrString()) {
      // Size of the file, the sixth of its attributes.
      const size = bswap<u32>(load<u32>(attributes, 20));
      readChunk(state, call, 2, call.offset + <u64>xdrLength >= <u64>size);
    }
  }
  return 0;
}
