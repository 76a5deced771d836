/** What is kept of a TLS connection: both sides' hello and certificate messages. */
import { Direction } from "../abi/codes";
import { Tx } from "./transaction";

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
  /** A handshake message being gathered over records. */
  open: usize;
  openLength: u32;
  /** Bytes of the record at hand that are skipped, not yet there. */
  skip: u32;
  /** After ChangeCipherSpec: handshake records are encrypted. */
  encrypted: bool;
  sslv2: bool;
}

@unmanaged
export class TlsTx extends Tx {
  /** Version the server chose, or what the client offered until then. */
  version: u32;
  /** Bit of `ssl_state` of the handshake message read last, in either direction. */
  lastMessage: u32;
  client: usize;
  server: usize;
}

/** The side of a direction. */
export function sideOf(tx: TlsTx, direction: u32): TlsSide {
  return changetype<TlsSide>(direction == Direction.ToServer ? tx.client : tx.server);
}
