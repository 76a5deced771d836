/** The `http` object of EVE for HTTP/2 (Suricata manual, "EVE JSON Format"), with `http2` inside, and `dns` beside it on DoH2. */
import { array, end, map, number, text, word } from "../verdict/cbor";
import { equalsWord, isDigit } from "./ascii";
import { dnsLog } from "./dns_log";
import { HeaderStatus, Http2Tx, Side } from "./http2_state";
import { Tx } from "./transaction";

/** Headers of one direction that an event lists. */
const MAX_LISTED: u32 = 256;

function hasContent(at: usize): bool {
  if (at == 0) return false;
  const s = changetype<Side>(at);
  return s.hasHeaders || s.hasSettings || s.errorsLength > 0 || s.weightsLength > 0;
}

export function http2Log(any: Tx): void {
  const tx = changetype<Http2Tx>(changetype<usize>(any));
  if ((hasContent(tx.sideToServer) || hasContent(tx.sideToClient)) && map("http")) {
    word("version", "2");
    headers("request_headers", tx.sideToServer);
    headers("response_headers", tx.sideToClient);
    known("http_method", ":method", tx, false);
    known("url", ":path", tx, false);
    known("hostname", "host", tx, false);
    known("http_user_agent", "user-agent", tx, false);
    known("length", "content-length", tx, true);
    known("status", ":status", tx, true);
    if (map("http2")) {
      number("stream_id", tx.stream);
      frames("request", tx.sideToServer);
      frames("response", tx.sideToClient);
      end();
    }
    end();
  }
  let dns: usize = tx.sideToClient == 0 ? 0 : changetype<Side>(tx.sideToClient).dns;
  if (dns == 0 && tx.sideToServer != 0) dns = changetype<Side>(tx.sideToServer).dns;
  if (dns != 0) dnsLog(changetype<Tx>(dns));
}

function statusName(status: HeaderStatus): string {
  switch (status) {
    case HeaderStatus.NotIndexed:
      return "HTTP2HeaderDecodeNotIndexed";
    case HeaderStatus.IntegerOverflow:
      return "HTTP2HeaderDecodeIntegerOverflow";
    case HeaderStatus.Index0:
      return "HTTP2HeaderDecodeIndex0";
    default:
      return "HTTP2HeaderDecodeError";
  }
}

function headers(key: string, at: usize): void {
  if (at == 0) return;
  const side = changetype<Side>(at);
  if (!side.hasHeaders || !array(key)) return;
  const n = min<u32>(side.fieldCount, MAX_LISTED);
  for (let i: u32 = 0; i < n; i++) {
    if (!map("")) break;
    const f = side.field(i);
    const name = side.bytesData + f.at;
    if (f.status == HeaderStatus.Success) {
      text("name", name, f.nameLength);
      text("value", name + f.nameLength, f.valueLength);
    } else if (f.status == HeaderStatus.SizeUpdate) number("table_size_update", f.update);
    else word("error", statusName(f.status));
    end();
  }
  end();
}

/** Where `last` found a value. */
let lastValue: usize = 0;
let lastLength: u32 = 0;

function last(at: usize, name: string): bool {
  if (at == 0) return false;
  const side = changetype<Side>(at);
  for (let i = side.fieldCount; i > 0; i--) {
    const f = side.field(i - 1);
    const data = side.bytesData + f.at;
    if (f.status != HeaderStatus.Success || !equalsWord(data, f.nameLength, name)) continue;
    lastValue = data + f.nameLength;
    lastLength = f.valueLength;
    return true;
  }
  return false;
}

/** A header under a name of its own; the one seen last, a response's before a request's. */
function known(key: string, name: string, tx: Http2Tx, numeric: bool): void {
  if (!last(tx.sideToClient, name) && !last(tx.sideToServer, name)) return;
  if (!numeric) {
    text(key, lastValue, lastLength);
    return;
  }
  if (lastLength == 0 || lastLength > 19) return;
  let value: u64 = 0;
  for (let i: u32 = 0; i < lastLength; i++) {
    const c = <u32>load<u8>(lastValue + i);
    if (!isDigit(c)) return;
    value = value * 10 + <u64>(c - 0x30);
  }
  number(key, value);
}

function settingName(id: u32): string {
  switch (id) {
    case 1:
      return "SETTINGSHEADERTABLESIZE";
    case 2:
      return "SETTINGSENABLEPUSH";
    case 3:
      return "SETTINGSMAXCONCURRENTSTREAMS";
    case 4:
      return "SETTINGSINITIALWINDOWSIZE";
    case 5:
      return "SETTINGSMAXFRAMESIZE";
    default:
      return "SETTINGSMAXHEADERLISTSIZE";
  }
}

function errorName(code: u32): string {
  switch (code) {
    case 0:
      return "NOERROR";
    case 1:
      return "PROTOCOLERROR";
    case 2:
      return "INTERNALERROR";
    case 3:
      return "FLOWCONTROLERROR";
    case 4:
      return "SETTINGSTIMEOUT";
    case 5:
      return "STREAMCLOSED";
    case 6:
      return "FRAMESIZEERROR";
    case 7:
      return "REFUSEDSTREAM";
    case 8:
      return "CANCEL";
    case 9:
      return "COMPRESSIONERROR";
    case 10:
      return "CONNECTERROR";
    case 11:
      return "ENHANCEYOURCALM";
    case 12:
      return "INADEQUATESECURITY";
    case 13:
      return "HTTP11REQUIRED";
    default:
      return "";
  }
}

const digits: usize = memory.data(16);

/** An error code without a name, as text. */
function codeText(code: u32): void {
  let n: u32 = 16;
  do {
    store<u8>(digits + --n, <u8>(0x30 + (code % 10)));
    code /= 10;
  } while (code > 0);
  text("error_code", digits + n, 16 - n);
}

function frames(key: string, at: usize): void {
  if (!map(key)) return;
  if (at != 0) {
    const side = changetype<Side>(at);
    if (side.hasSettings && array("settings")) {
      for (let i: u32 = 0; i < side.settingsLength && i < MAX_LISTED * 8; i += 8) {
        if (!map("")) break;
        const setting = load<u64>(side.settingsData + i);
        word("settings_id", settingName(<u32>(setting >> 32)));
        number("settings_value", setting & 0xffff_ffff);
        end();
      }
      end();
    }
    if (side.errorsLength > 0) {
      const code = load<u32>(side.errorsData);
      const name = errorName(code);
      if (name.length > 0) word("error_code", name);
      else codeText(code);
    }
    if (side.weightsLength > 0) number("priority", load<u8>(side.weightsData));
    if (side.errorsLength > 4) word("has_multiple", "error_code");
    else if (side.weightsLength > 1) word("has_multiple", "priority");
  }
  end();
}
