/** The `http` object of EVE events (Suricata manual, "EVE JSON Format", event type HTTP, with the extended fields). */
import { end, map, number, text } from "../verdict/cbor";
import { indexOf } from "./ascii";
import { findObeyed, isPresent } from "./http1_headers";
import { HeaderTable, HttpTx } from "./http1_state";
import { AppState, Tx } from "./transaction";

export function http1Log(state: AppState, any: Tx): void {
  const tx = changetype<HttpTx>(changetype<usize>(any));
  if (!map("http")) return;
  if (tx.host.length > 0) text("hostname", tx.host.data, tx.host.length);
  if (tx.port > 0) number("http_port", tx.port);
  if (tx.targetLength > 0) text("url", tx.requestLine.data + tx.targetAt, tx.targetLength);
  header("http_user_agent", tx.requestHeaders, "user-agent");
  header("xff", tx.requestHeaders, "x-forwarded-for");
  const type = findObeyed(tx.responseHeaders, "content-type");
  if (isPresent(type)) text("http_content_type", type.valueData, indexOf(type.valueData, type.valueLength, 0x3b));
  header("http_refer", tx.requestHeaders, "referer");
  if (tx.methodLength > 0) text("http_method", tx.requestLine.data + tx.methodAt, tx.methodLength);
  if (tx.protocolLength > 0) text("protocol", tx.requestLine.data + tx.protocolAt, tx.protocolLength);
  if (tx.status > 0) number("status", tx.status);
  else if (tx.statusLength > 0) text("status_string", tx.responseLine.data + tx.statusAt, tx.statusLength);
  if (tx.status > 300 && tx.status < 400) header("redirect", tx.responseHeaders, "location");
  number("length", tx.responseMessageLength);
  end();
}

function header(key: string, t: HeaderTable, name: string): void {
  const h = findObeyed(t, name);
  if (isPresent(h)) text(key, h.valueData, h.valueLength);
}
