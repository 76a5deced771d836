/**
 * NFS 2, 3 and 4 over ONC RPC (RFC 1094, RFC 1813, RFC 7530, RFC 8881; RFC 5531), over TCP with record marks and over UDP. A call and its
 * reply are a transaction; a file on its way is one of its own, for as long as it is read or written (nfs_files.ts).
 */
import { AppEvent } from "../abi/app_events";
import { Buffer, Field } from "../abi/buffers";
import { Direction, IpProto } from "../abi/codes";
import { release } from "../memory/heap";
import { be32 } from "../wire/bytes";
import { freeFiles } from "./file";
import { noteFrame } from "./frame";
import { InputFlag, PARSE_ERROR } from "./input";
import { findName, finishNfs, NfsNote, NfsState, NfsTx, noteCall, openNfs, takeCall, txOfCall } from "./nfs_state";
import {
  callHandle,
  callHandleLength,
  callIsFile,
  callName,
  callNameLength,
  callOffset,
  callTarget,
  callTargetLength,
  Nfs3,
  nfs2Call,
  nfs2Reply,
  nfs3Call,
  nfs3Reply,
} from "./nfs3";
import {
  mainOperation,
  nameData,
  nameLength,
  nfs4Call,
  nfs4Reply,
  readHandle,
  readHandleLength,
  readOffset,
} from "./nfs4";
import {
  RpcType,
  readRpc,
  rpcAuth,
  rpcCredentials,
  rpcData,
  rpcDataLength,
  rpcGroup,
  rpcMachine,
  rpcMachineLength,
  rpcProcedure,
  rpcProgram,
  rpcStatus,
  rpcType,
  rpcUser,
  rpcVersion,
  rpcXid,
} from "./rpc";
import { AppState, Tx } from "./transaction";
import { EITHER, freeValues, keep, keepNumber, raiseOnNewest } from "./values";
import { xdrBegin, xdrShort, xdrSkip, xdrString } from "./xdr";

const NFS: u32 = 100003;
/** Longer records are passed over. */
const MAX_RECORD: u32 = (1 << 20) + 65536;

/** A WRITE record of so many bytes is begun when so many of it are there. */
const EARLY_RECORD: u32 = 512;
const EARLY_BYTES: u32 = 44;

/** Keys of what EVE alone shows. */
export enum NfsKey {
  Target = 0x7000,
  Status = 0x7001,
  RpcStatus = 0x7002,
  AuthType = 0x7003,
  Machine = 0x7004,
  User = 0x7005,
  Group = 0x7006,
}

export function nfsFreeTx(state: AppState, tx: Tx): void {
  freeFiles(tx);
  freeValues(state, tx);
}

/** The transaction of the call read last. */
function callTx(state: NfsState, procedure: u32, name: usize, length: u32): void {
  const tx = openNfs(state);
  if (tx == null) {
    raiseOnNewest(state, Direction.ToServer, AppEvent.nfs__too_many_transactions);
    return;
  }
  tx.mark = rpcXid;
  keepNumber(tx, Field.nfs_version, EITHER, rpcVersion);
  keepNumber(tx, Field.nfs_procedure, EITHER, procedure);
  if (length > 0) keep(tx, Buffer.nfs_file_name, EITHER, name, length);
  keepNumber(tx, NfsKey.AuthType, EITHER, rpcAuth);
  if (rpcMachineLength > 0) {
    keep(tx, NfsKey.Machine, EITHER, rpcMachine, rpcMachineLength);
    keepNumber(tx, NfsKey.User, EITHER, rpcUser);
    keepNumber(tx, NfsKey.Group, EITHER, rpcGroup);
  }
  if (callTargetLength > 0 && rpcVersion == 3) keep(tx, NfsKey.Target, EITHER, callTarget, callTargetLength);
  tx.advance(Direction.ToServer, 1);
}

function frames(state: NfsState, direction: u32): void {
  if (rpcDataLength == 0) return;
  if (rpcVersion != 4) {
    noteFrame(state, direction, "nfs.pdu", rpcData, rpcDataLength);
    return;
  }
  noteFrame(state, direction, "nfs4.pdu", rpcData, rpcDataLength);
  if (rpcDataLength <= 8) return;
  noteFrame(state, direction, "nfs4.hdr", rpcData, 8);
  noteFrame(state, direction, "nfs4.ops", rpcData + 8, rpcDataLength - 8);
}

function call(state: NfsState): void {
  if (rpcProgram != NFS) return;
  const version = rpcVersion;
  if (version < 2 || version > 4) {
    // Suricata begins a long WRITE before it is whole, and looks at its version only when the reply comes.
    if (state.earlyWrite && nfs3Call(state, Nfs3.Write, rpcData, rpcDataLength))
      noteCall(state, rpcXid, version, Nfs3.Write, 0, callHandle, callHandleLength, 0, 0);
    else raiseOnNewest(state, Direction.ToServer, AppEvent.nfs__unsupported_version);
    return;
  }
  frames(state, Direction.ToServer);
  const xid = rpcXid;
  const procedure = rpcProcedure;
  if (version == 4) {
    const good = procedure == 0 || nfs4Call(state, rpcData, rpcDataLength);
    if (procedure != 0 && mainOperation != 0) callTx(state, mainOperation, nameData, nameLength);
    if (!good) raiseOnNewest(state, Direction.ToServer, AppEvent.nfs__malformed_data);
    if (procedure == 0) return;
    noteCall(state, xid, 4, procedure, readOffset, readHandle, readHandleLength, nameData, nameLength);
    return;
  }
  const good =
    version == 3
      ? nfs3Call(state, procedure, rpcData, rpcDataLength)
      : nfs2Call(state, procedure, rpcData, rpcDataLength);
  let name = callName;
  let length = callNameLength;
  if (length == 0 && callHandleLength > 0) {
    const known = findName(state, callHandle, callHandleLength);
    if (known != 0) {
      name = changetype<NfsNote>(known).name;
      length = changetype<NfsNote>(known).nameLength;
    }
  }
  if (!callIsFile) callTx(state, procedure, name, length);
  if (!good) raiseOnNewest(state, Direction.ToServer, AppEvent.nfs__malformed_data);
  noteCall(state, xid, version, procedure, callOffset, callHandle, callHandleLength, callName, callNameLength);
}

function replyFrames(state: NfsState, version: u32): void {
  if (rpcDataLength == 0) return;
  const four = version == 4;
  noteFrame(state, Direction.ToClient, four ? "nfs4.pdu" : "nfs.pdu", rpcData, rpcDataLength);
  noteFrame(state, Direction.ToClient, four ? "nfs4.status" : "nfs.status", rpcData, min<u32>(rpcDataLength, 4));
  if (!four || rpcDataLength <= 8) return;
  noteFrame(state, Direction.ToClient, "nfs4.hdr", rpcData, 8);
  noteFrame(state, Direction.ToClient, "nfs4.ops", rpcData + 8, rpcDataLength - 8);
}

function reply(state: NfsState): void {
  const found = takeCall(state, rpcXid);
  if (found == 0) {
    finish(state, 0);
    return;
  }
  const note = changetype<NfsNote>(found);
  if (note.version > 4 || note.version < 2) {
    raiseOnNewest(state, Direction.ToClient, AppEvent.nfs__non_existing_version);
    release(found);
    return;
  }
  replyFrames(state, note.version);
  let status: u32 = 0;
  if (rpcStatus == 0 && rpcDataLength >= 4) {
    if (note.version == 4) status = nfs4Reply(state, note, rpcData, rpcDataLength);
    else if (note.version == 3) status = nfs3Reply(state, note, rpcData, rpcDataLength);
    else status = nfs2Reply(state, note, rpcData, rpcDataLength);
  }
  finish(state, status);
  release(found);
}

/** The call of the reply read last is over. */
function finish(state: NfsState, status: u32): void {
  const at = txOfCall(state, rpcXid);
  if (at == 0) return;
  const tx = changetype<NfsTx>(at);
  keepNumber(tx, NfsKey.RpcStatus, EITHER, rpcStatus);
  keepNumber(tx, NfsKey.Status, EITHER, status);
  tx.mark = 0;
  finishNfs(tx);
}

/** One message, whole; `start` and `size` with its record mark. */
function message(state: NfsState, direction: u32, start: usize, size: u32, mark: u32): void {
  noteFrame(state, direction, "rpc.pdu", start, size);
  if (!readRpc(start + mark, size - mark)) {
    raiseOnNewest(state, direction, AppEvent.nfs__malformed_data);
    return;
  }
  if (rpcType == RpcType.Call) {
    if (direction != Direction.ToServer) return;
    noteFrame(state, direction, "rpc.creds", start + mark + 24, 8 + rpcCredentials);
    call(state);
  } else if (direction == Direction.ToClient) {
    const head = mark + 8;
    if (size > head) {
      noteFrame(state, direction, "rpc.hdr", start, head);
      noteFrame(state, direction, "rpc.data", start + head, size - head);
    }
    reply(state);
  }
}

/** A record's first bytes are those of a WRITE that Suricata does not wait for. */
function isEarlyWrite(record: usize, bytes: u32, size: u32): bool {
  if (size < EARLY_RECORD || bytes < EARLY_BYTES || !readRpc(record + 4, bytes - 4)) return false;
  if (rpcType != RpcType.Call || rpcProcedure != <u32>Nfs3.Write) return false;
  xdrBegin(rpcData, rpcDataLength);
  xdrString();
  xdrSkip(20);
  return !xdrShort;
}

function skipOf(state: NfsState, direction: u32): u32 {
  return direction == Direction.ToServer ? state.skipToServer : state.skipToClient;
}

function setSkip(state: NfsState, direction: u32, bytes: u32): void {
  if (direction == Direction.ToServer) state.skipToServer = bytes;
  else state.skipToClient = bytes;
}

export function nfsParse(base: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  const state = changetype<NfsState>(changetype<usize>(base));
  if (state.transport == <u8>IpProto.Udp) {
    if (length < 8) return PARSE_ERROR;
    message(state, direction, data, length, 0);
    return <i32>length;
  }
  let at = min<u32>(skipOf(state, direction), length);
  setSkip(state, direction, skipOf(state, direction) - at);
  // Behind a gap nobody can tell where the next record begins, unless it lies in one that is passed over.
  if ((flags & InputFlag.Gap) != 0) return at == length ? <i32>length : PARSE_ERROR;
  while (length - at >= 4) {
    const mark = be32(data + at);
    const size = mark & 0x7fff_ffff;
    if (size > MAX_RECORD || size < 8) {
      if (size < 8 || size > 0x100_0000) {
        raiseOnNewest(state, direction, AppEvent.nfs__malformed_data);
        return PARSE_ERROR;
      }
      const here = min<u32>(4 + size, length - at);
      setSkip(state, direction, 4 + size - here);
      at += here;
      continue;
    }
    if (length - at - 4 < size) {
      if (direction == Direction.ToServer && !state.earlyWrite)
        state.earlyWrite = isEarlyWrite(data + at, length - at, 4 + size);
      break;
    }
    message(state, direction, data + at, 4 + size, 4);
    if (direction == Direction.ToServer) state.earlyWrite = false;
    at += 4 + size;
  }
  return <i32>at;
}
