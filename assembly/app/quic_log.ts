/** The `quic` object of EVE. */
import { Buffer } from "../abi/buffers";
import { array, end, hex, map, text, word } from "../verdict/cbor";
import { isGoogleQuic } from "./quic_header";
import { QUIC_V1, QUIC_V2 } from "./quic_keys";
import { Tx } from "./transaction";
import { EITHER, logText, valueBuffer } from "./values";
import { viewData, viewLength } from "./view";

const MAX_LISTED: u32 = 16;

function logVersion(tx: Tx): void {
  if (!valueBuffer(tx, Buffer.quic__version, EITHER, 0)) return;
  const version = bswap<u32>(load<u32>(viewData));
  if (version == QUIC_V1) word("version", "1");
  else if (version == QUIC_V2) word("version", "6b3343cf");
  else if (isGoogleQuic(version)) text("version", viewData, 4);
  else hex("version", viewData, 4);
}

function pair(tx: Tx, key: string, hash: u32, string: u32): void {
  if (!valueBuffer(tx, hash, EITHER, 0) || !map(key)) return;
  text("hash", viewData, viewLength);
  logText(tx, "string", string, EITHER);
  end();
}

export function quicLog(tx: Tx): void {
  if (!map("quic")) return;
  logVersion(tx);
  logText(tx, "sni", Buffer.quic__sni, EITHER);
  logText(tx, "ua", Buffer.quic__ua, EITHER);
  if (valueBuffer(tx, Buffer.quic__cyu__hash, EITHER, 0) && array("cyu")) {
    for (let i: u32 = 0; i < MAX_LISTED && valueBuffer(tx, Buffer.quic__cyu__hash, EITHER, i); i++) {
      if (!map("")) break;
      text("hash", viewData, viewLength);
      if (valueBuffer(tx, Buffer.quic__cyu__string, EITHER, i)) text("string", viewData, viewLength);
      end();
    }
    end();
  }
  pair(tx, "ja3", Buffer.ja3__hash, Buffer.ja3__string);
  pair(tx, "ja3s", Buffer.ja3s__hash, Buffer.ja3s__string);
  logText(tx, "ja4", Buffer.ja4__hash, EITHER);
  end();
}
