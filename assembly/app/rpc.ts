/** Messages of ONC RPC (RFC 5531 section 9): the heads of calls and replies. What they carry is left to the program. */
import { xdr32, xdrAt, xdrBegin, xdrData, xdrLeft, xdrLength, xdrShort, xdrString } from "./xdr";

export enum RpcType {
  Call = 0,
  Reply = 1,
}

export enum RpcAuth {
  None = 0,
  Unix = 1,
  Gss = 6,
}

/** Of the message read last. */
export let rpcXid: u32 = 0;
export let rpcType: u32 = 0;
export let rpcProgram: u32 = 0;
export let rpcVersion: u32 = 0;
export let rpcProcedure: u32 = 0;
/** Flavour of the credentials, their length, and what those of UNIX say. */
export let rpcAuth: u32 = 0;
export let rpcCredentials: u32 = 0;
export let rpcMachine: usize = 0;
export let rpcMachineLength: u32 = 0;
export let rpcUser: u32 = 0;
export let rpcGroup: u32 = 0;
/** 0: the call was accepted. */
export let rpcStatus: u32 = 0;
/** What the program sees. */
export let rpcData: usize = 0;
export let rpcDataLength: u32 = 0;

/** Reads a message without its record mark. False: it is none, or does not fit. */
export function readRpc(data: usize, length: u32): bool {
  xdrBegin(data, length);
  rpcXid = xdr32();
  rpcType = xdr32();
  if (xdrShort || rpcType > <u32>RpcType.Reply) return false;
  return rpcType == RpcType.Call ? readCall() : readReply();
}

function readCall(): bool {
  if (xdr32() != 2) return false;
  rpcProgram = xdr32();
  rpcVersion = xdr32();
  rpcProcedure = xdr32();
  rpcMachineLength = 0;
  rpcUser = 0;
  rpcGroup = 0;
  rpcAuth = xdr32();
  if (!xdrString()) return false;
  rpcCredentials = xdrLength;
  const credentials = xdrData;
  xdr32();
  if (!xdrString()) return false;
  rpcData = xdrAt();
  rpcDataLength = xdrLeft();
  if (rpcAuth == RpcAuth.Unix) readUnix(credentials, rpcCredentials);
  return true;
}

/** Credentials of UNIX (RFC 5531 appendix A). */
function readUnix(data: usize, length: u32): void {
  xdrBegin(data, length);
  xdr32();
  if (!xdrString()) return;
  rpcMachine = xdrData;
  rpcMachineLength = xdrLength;
  rpcUser = xdr32();
  rpcGroup = xdr32();
}

function readReply(): bool {
  rpcStatus = xdr32();
  if (rpcStatus != 0) {
    rpcData = xdrAt();
    rpcDataLength = 0;
    return !xdrShort;
  }
  xdr32();
  if (!xdrString()) return false;
  rpcStatus = xdr32();
  rpcData = xdrAt();
  rpcDataLength = xdrLeft();
  return !xdrShort;
}
