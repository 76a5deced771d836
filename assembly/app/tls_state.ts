/** What is kept of a TLS connection: both sides' hello and certificate messages. */
import { Tx } from "./transaction";
import { TwoSidedTx } from "./two_sided";

/** What one side sent. */
@unmanaged
export class TlsSide {
  /** Hello and certificate messages, without their headers; 0 none. */
  hello: usize;
  helloLength: u32;
  certificates: usize;
  certificatesLength: u32;
  /** Version of the last record. */
  recordVersion: u32;
  /** Version its records are of: its hello's, before that the last record's; 0: not known. */
  version: u32;
  /** A handshake message that goes on in the next record: its type, the bytes here (0: not kept) and those still to come. */
  openType: u32;
  open: usize;
  openLength: u32;
  openLeft: u32;
  /** Bytes of the record at hand that are skipped, not yet there. */
  skip: u32;
  /** A hello was read, of whatever kind. */
  greeted: bool;
  /** Bytes were lost: what follows of the handshake is not read. */
  lost: bool;
}

@unmanaged
export class TlsTx extends TwoSidedTx {
  /** Version the server chose, or what the client offered until then. */
  version: u32;
  /** Bit of `ssl_state` of the handshake message read last, in either direction. */
  lastMessage: u32;
  /** Length of the encrypted heartbeat that waits for its answer. */
  heartbeatLength: u32;
  /** A heartbeat waits for its answer; who sent it (Direction). */
  heartbeatOpen: bool;
  heartbeatFrom: u8;
  /** Either side said ChangeCipherSpec. */
  cipherChanged: bool;
}

/** The transaction as this protocol's own. */
export function tlsTx(base: Tx): TlsTx {
  return changetype<TlsTx>(changetype<usize>(base));
}

/** The side of a direction. */
export function sideOf(tx: TlsTx, direction: u32): TlsSide {
  return changetype<TlsSide>(tx.side(direction));
}
