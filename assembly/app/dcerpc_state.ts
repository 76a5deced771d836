/** State and transactions of DCE/RPC over TCP and UDP: a call with its answer. */
import { AppProto, Direction } from "../abi/codes";
import { SimpleProgress } from "../abi/progress";
import { Account, release } from "../memory/heap";
import { PduType } from "./dcerpc_header";
import { DcerpcInterfaces, freeInterfaces } from "./dcerpc_interfaces";
import { appendText, freeText, Text } from "./text";
import { AppState, closeTx, openState, openTx, Tx } from "./transaction";

/** app-layer.protocols.dcerpc.max-stub-size: more of a stub is not kept. */
const MAX_STUB: u32 = 1 << 20;
/** Calls a conversation may hold open. */
const MAX_LIVE: u32 = 1024;

/** Appends to a stub, as far as it is kept. */
export function growStub(stub: Text, data: usize, length: u32): void {
  appendText(stub, Account.App, data, min(length, MAX_STUB - min(stub.length, MAX_STUB)));
}

@unmanaged
export class DcerpcState extends AppState {
  interfacesOldest: usize;
  interfacesCount: u32;
  minorVersion: u8;
  /** Bit Direction: bytes were lost here; the next header is searched. */
  lost: u8;

  get interfaces(): DcerpcInterfaces {
    return changetype<DcerpcInterfaces>(changetype<usize>(this) + offsetof<DcerpcState>("interfacesOldest"));
  }
}

@unmanaged
export class DcerpcTx extends Tx {
  requestData: usize;
  requestLength: u32;
  responseData: usize;
  responseLength: u32;
  /** Call id; the sequence number over UDP. */
  call: u32;
  activity0: u64;
  activity1: u64;
  context: u16;
  opnum: u16;
  requestFragments: u16;
  responseFragments: u16;
  requestType: u8;
  responseType: u8;
  little: bool;
  /** A request was read: `context` and `opnum` mean something. */
  requested: bool;
  datagram: bool;
  requestDone: bool;
  responseDone: bool;

  stub(direction: u32): Text {
    const at = direction == Direction.ToServer ? offsetof<DcerpcTx>("requestData") : offsetof<DcerpcTx>("responseData");
    return changetype<Text>(changetype<usize>(this) + at);
  }

  /** Appends to the stub of a direction. */
  grow(direction: u32, data: usize, length: u32): void {
    growStub(this.stub(direction), data, length);
    this.touch(direction);
  }

  done(direction: u32): void {
    if (direction == Direction.ToServer) this.requestDone = true;
    else this.responseDone = true;
    this.advance(direction, SimpleProgress.Complete);
  }
}

export function dcerpcOpen(_transport: u32): usize {
  return openState(AppProto.Dcerpc, <u32>offsetof<DcerpcState>());
}

export function dcerpcClose(base: AppState): void {
  while (base.oldest != 0) dcerpcFreeTx(base, changetype<Tx>(base.oldest));
  freeInterfaces(changetype<DcerpcState>(changetype<usize>(base)).interfaces);
  release(changetype<usize>(base));
}

export function dcerpcFreeTx(state: AppState, base: Tx): void {
  const tx = changetype<DcerpcTx>(changetype<usize>(base));
  freeText(tx.stub(Direction.ToServer));
  freeText(tx.stub(Direction.ToClient));
  closeTx(state, base);
}

/** A new call, or 0 when there is no room. */
export function openCall(state: DcerpcState, call: u32, little: bool): usize {
  if (state.live >= MAX_LIVE) return 0;
  const p = openTx(state, <u32>offsetof<DcerpcTx>());
  if (p == 0) return 0;
  const tx = changetype<DcerpcTx>(p);
  tx.call = call;
  tx.little = little;
  tx.requestType = <u8>PduType.Request;
  tx.responseType = <u8>PduType.Response;
  return p;
}
