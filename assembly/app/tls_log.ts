/** The `tls` object of EVE (Suricata manual, EVE JSON format). */
import { Buffer, Field } from "../abi/buffers";
import { Direction } from "../abi/codes";
import { end, map, text, time, word } from "../verdict/cbor";
import { foundNumber } from "./number";
import { tlsBuffer, tlsNumber } from "./tls_buffers";
import { TlsTx } from "./tls_state";
import { AppState, Tx } from "./transaction";
import { viewData, viewLength } from "./view";

function part(state: AppState, tx: Tx, key: string, buffer: u32, direction: u32): void {
  if (tlsBuffer(state, tx, buffer, direction, 0)) text(key, viewData, viewLength);
}

function moment(state: AppState, tx: Tx, key: string, field: u32): void {
  if (tlsNumber(state, tx, field, Direction.ToClient, 0)) time(key, foundNumber * 1000000);
}

function versionName(version: u32): string {
  switch (version) {
    case 0x0002:
      return "SSLv2";
    case 0x0300:
      return "SSLv3";
    case 0x0301:
      return "TLSv1";
    case 0x0302:
      return "TLS 1.1";
    case 0x0303:
      return "TLS 1.2";
    case 0x0304:
      return "TLS 1.3";
    default:
      return "UNDETERMINED";
  }
}

function fingerprint(state: AppState, tx: Tx, key: string, hash: u32, string: u32, direction: u32): void {
  if (!tlsBuffer(state, tx, hash, direction, 0) || !map(key)) return;
  text("hash", viewData, viewLength);
  if (tlsBuffer(state, tx, string, direction, 0)) text("string", viewData, viewLength);
  end();
}

export function tlsLog(state: AppState, base: Tx): void {
  const tx = changetype<TlsTx>(changetype<usize>(base));
  if (!map("tls")) return;
  part(state, base, "subject", Buffer.tls__cert_subject, Direction.ToClient);
  part(state, base, "issuerdn", Buffer.tls__cert_issuer, Direction.ToClient);
  part(state, base, "serial", Buffer.tls__cert_serial, Direction.ToClient);
  part(state, base, "fingerprint", Buffer.tls__cert_fingerprint, Direction.ToClient);
  part(state, base, "sni", Buffer.tls__sni, Direction.ToServer);
  word("version", versionName(tx.version));
  moment(state, base, "notbefore", Field.tls__cert_notbefore);
  moment(state, base, "notafter", Field.tls__cert_notafter);
  fingerprint(state, base, "ja3", Buffer.ja3__hash, Buffer.ja3__string, Direction.ToServer);
  fingerprint(state, base, "ja3s", Buffer.ja3s__hash, Buffer.ja3s__string, Direction.ToClient);
  end();
}
