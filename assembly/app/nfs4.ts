/**
 * NFS 4 (RFC 7530, RFC 8881): a call is a list of operations on the file handle at hand. Those that touch files and names are understood;
 * one that is not known here ends the reading of its list.
 */
import { Direction } from "../abi/codes";
import { closeNfsFile, nfsChunk, nfsFile, openNfsFile } from "./nfs_files";
import { NfsNote, NfsState, noteName } from "./nfs_state";
import { readChunk } from "./nfs3";
import { xdr32, xdr64, xdrBegin, xdrData, xdrLength, xdrOpaque, xdrShort, xdrSkip, xdrString } from "./xdr";

export enum Nfs4 {
  Access = 3,
  Close = 4,
  Commit = 5,
  Create = 6,
  Delegreturn = 8,
  Getattr = 9,
  Getfh = 10,
  Link = 11,
  Lookup = 15,
  Lookupp = 16,
  Open = 18,
  OpenConfirm = 20,
  OpenDowngrade = 21,
  Putfh = 22,
  Putpubfh = 23,
  Putrootfh = 24,
  Read = 25,
  Readdir = 26,
  Readlink = 27,
  Remove = 28,
  Rename = 29,
  Renew = 30,
  Restorefh = 31,
  Savefh = 32,
  Secinfo = 33,
  Setattr = 34,
  SetClientId = 35,
  SetClientIdConfirm = 36,
  Write = 38,
  DestroySession = 44,
  SecinfoNoName = 52,
  Sequence = 53,
  DestroyClientId = 57,
  ReclaimComplete = 58,
}

const STATE_ID: u32 = 16;
/** Operations of one call. */
const MAX_OPERATIONS: u32 = 64;
const FILE_SYNC: u32 = 2;

/** The operation a call is about: CREATE or REMOVE, for which alone Suricata opens a transaction; 0 for none. What the call names. */
export let mainOperation: u32 = 0;
export let nameData: usize = 0;
export let nameLength: u32 = 0;
/** Handle and offset of a read. */
export let readHandle: usize = 0;
export let readHandleLength: u32 = 0;
export let readOffset: u64 = 0;

function bitmap(): void {
  const words = xdr32();
  xdrSkip(words > 64 ? 0xffff_ffff : words * 4);
}

function attributes(): void {
  bitmap();
  xdrString();
}

function named(operation: u32): void {
  if (!xdrString()) return;
  if (operation == <u32>Nfs4.Create || operation == <u32>Nfs4.Remove) mainOperation = operation;
  nameData = xdrData;
  nameLength = xdrLength;
}

/** The arguments of OPEN (RFC 7530 section 16.16). */
function open(): void {
  xdrSkip(12 + 8);
  xdrString();
  if (xdr32() == 1) {
    const mode = xdr32();
    if (mode <= 1) attributes();
    else xdrSkip(8);
    if (mode == 3) attributes();
  }
  switch (xdr32()) {
    case 0:
      named(Nfs4.Open);
      break;
    case 1:
      xdr32();
      break;
    case 2:
      xdrSkip(STATE_ID);
      named(Nfs4.Open);
      break;
    default:
      break;
  }
}

function create(): void {
  const type = xdr32();
  if (type == 5) xdrString();
  else if (type == 3 || type == 4) xdrSkip(8);
  named(Nfs4.Create);
  const name = nameData;
  const length = nameLength;
  attributes();
  nameData = name;
  nameLength = length;
}

function write(state: NfsState, handle: usize, handleLength: u32): void {
  xdrSkip(STATE_ID);
  const offset = xdr64();
  const stable = xdr32();
  if (!xdrString() || handleLength == 0) return;
  const data = xdrData;
  const length = xdrLength;
  const file = openNfsFile(state, Direction.ToServer, 4, Nfs4.Write, handle, handleLength);
  if (file == 0) return;
  nfsChunk(file, offset, data, length);
  if (stable == FILE_SYNC) closeNfsFile(file);
}

/** Bytes of arguments that are of no interest; below 0: not a plain operation. */
function plainArguments(operation: u32): i32 {
  switch (operation) {
    case Nfs4.Getfh:
    case Nfs4.Lookupp:
    case Nfs4.Putpubfh:
    case Nfs4.Putrootfh:
    case Nfs4.Readlink:
    case Nfs4.Restorefh:
    case Nfs4.Savefh:
      return 0;
    case Nfs4.Access:
    case Nfs4.SecinfoNoName:
    case Nfs4.ReclaimComplete:
      return 4;
    case Nfs4.Renew:
    case Nfs4.DestroyClientId:
      return 8;
    case Nfs4.Delegreturn:
    case Nfs4.SetClientIdConfirm:
    case Nfs4.DestroySession:
      return 16;
    case Nfs4.OpenConfirm:
      return 20;
    case Nfs4.OpenDowngrade:
      return 28;
    case Nfs4.Sequence:
      return 32;
    default:
      return -1;
  }
}

/** Reads the operations of a call. False: malformed. */
export function nfs4Call(state: NfsState, data: usize, length: u32): bool {
  mainOperation = 0;
  nameLength = 0;
  readHandleLength = 0;
  readOffset = 0;
  let handle: usize = 0;
  let handleLength: u32 = 0;
  xdrBegin(data, length);
  xdrString();
  xdr32();
  const count = min<u32>(xdr32(), MAX_OPERATIONS);
  for (let i: u32 = 0; i < count && !xdrShort; i++) {
    const operation = xdr32();
    const plain = plainArguments(operation);
    if (plain >= 0) {
      xdrSkip(plain);
      continue;
    }
    switch (operation) {
      case Nfs4.Putfh:
        if (!xdrString()) break;
        handle = xdrData;
        handleLength = xdrLength;
        break;
      case Nfs4.Lookup:
      case Nfs4.Remove:
        named(operation);
        break;
      case Nfs4.Rename:
        named(operation);
        xdrString();
        break;
      case Nfs4.Link:
      case Nfs4.Secinfo:
        xdrString();
        break;
      case Nfs4.Open:
        open();
        break;
      case Nfs4.Create:
        create();
        break;
      case Nfs4.Read:
        xdrSkip(STATE_ID);
        readOffset = xdr64();
        xdr32();
        readHandle = handle;
        readHandleLength = handleLength;
        break;
      case Nfs4.Write:
        write(state, handle, handleLength);
        break;
      case Nfs4.Commit:
      case Nfs4.Close:
        if (operation == Nfs4.Commit) xdrSkip(12);
        else xdrSkip(4 + STATE_ID);
        if (handleLength == 0) break;
        closeNfsFile(nfsFile(state, Direction.ToServer, handle, handleLength));
        if (operation == Nfs4.Close) closeNfsFile(nfsFile(state, Direction.ToClient, handle, handleLength));
        break;
      case Nfs4.Getattr:
        bitmap();
        break;
      case Nfs4.Setattr:
        xdrSkip(STATE_ID);
        attributes();
        break;
      case Nfs4.Readdir:
        xdrSkip(24);
        bitmap();
        break;
      case Nfs4.SetClientId:
        xdrSkip(8);
        xdrString();
        xdr32();
        xdrString();
        xdrString();
        xdr32();
        break;
      default:
        return true;
    }
  }
  return !xdrShort;
}

/** Bytes of results that are of no interest, behind a good status; below 0: not a plain operation. */
function plainResults(operation: u32): i32 {
  switch (operation) {
    case Nfs4.Lookup:
    case Nfs4.Lookupp:
    case Nfs4.Putfh:
    case Nfs4.Putpubfh:
    case Nfs4.Putrootfh:
    case Nfs4.Restorefh:
    case Nfs4.Savefh:
    case Nfs4.Renew:
    case Nfs4.Delegreturn:
    case Nfs4.SetClientIdConfirm:
    case Nfs4.DestroySession:
    case Nfs4.DestroyClientId:
    case Nfs4.ReclaimComplete:
      return 0;
    case Nfs4.Access:
    case Nfs4.Commit:
      return 8;
    case Nfs4.Write:
      return 16;
    case Nfs4.Close:
    case Nfs4.OpenConfirm:
    case Nfs4.OpenDowngrade:
      return 16;
    case Nfs4.Link:
    case Nfs4.Remove:
      return 20;
    case Nfs4.Sequence:
      return 36;
    case Nfs4.Rename:
      return 40;
    default:
      return -1;
  }
}

/** Reads the results of a call; the status of the whole. */
export function nfs4Reply(state: NfsState, call: NfsNote, data: usize, length: u32): u32 {
  xdrBegin(data, length);
  const status = xdr32();
  xdrString();
  const count = min<u32>(xdr32(), MAX_OPERATIONS);
  for (let i: u32 = 0; i < count && !xdrShort; i++) {
    const operation = xdr32();
    if (xdr32() != 0 || xdrShort) break;
    const plain = plainResults(operation);
    if (plain >= 0) {
      xdrSkip(plain);
      continue;
    }
    switch (operation) {
      case Nfs4.Getattr:
        attributes();
        break;
      case Nfs4.Setattr:
        bitmap();
        break;
      case Nfs4.Getfh:
        if (xdrString()) noteName(state, xdrData, xdrLength, call.name, call.nameLength);
        break;
      case Nfs4.Open:
        xdrSkip(STATE_ID + 20 + 4);
        bitmap();
        // A delegation would follow, which nothing here is about.
        if (xdr32() != 0) return status;
        break;
      case Nfs4.Create:
        xdrSkip(20);
        bitmap();
        break;
      case Nfs4.Read: {
        const last = xdr32() != 0;
        if (xdrString() && call.handleLength > 0) readChunk(state, call, 4, last);
        break;
      }
      case Nfs4.Readlink:
        xdrOpaque(xdr32());
        break;
      default:
        return status;
    }
  }
  return status;
}
