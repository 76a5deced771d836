/** The `dhcp` object of EVE. */
import { Field } from "../abi/buffers";
import { end, hex, map, text, word } from "../verdict/cbor";
import { DhcpKey } from "./dhcp";
import { beginText, fingerprintText, putByte, putDecimal, textLength } from "./fingerprint_text";
import { foundNumber } from "./number";
import { Tx } from "./transaction";
import { EITHER, logNumber, logText, valueBuffer, valueNumber } from "./values";
import { viewData, viewLength } from "./view";

const COLON: u8 = 0x3a;

function typeName(type: u32): string {
  switch (type) {
    case 1:
      return "discover";
    case 2:
      return "offer";
    case 3:
      return "request";
    case 4:
      return "decline";
    case 5:
      return "ack";
    case 6:
      return "nak";
    case 7:
      return "release";
    case 8:
      return "inform";
    default:
      return "unknown";
  }
}

function address(tx: Tx, name: string, key: u32): void {
  if (!valueBuffer(tx, key, EITHER, 0) || viewLength != 4) return;
  const at = viewData;
  beginText();
  for (let i: usize = 0; i < 4; i++) {
    if (i > 0) putByte(0x2e);
    putDecimal(load<u8>(at + i));
  }
  text(name, fingerprintText, textLength());
}

export function dhcpLog(tx: Tx): void {
  if (!map("dhcp")) return;
  if (valueNumber(tx, DhcpKey.Operation, EITHER, 0)) word("type", foundNumber == 1 ? "request" : "reply");
  logNumber(tx, "id", DhcpKey.Id, EITHER);
  if (valueBuffer(tx, DhcpKey.ClientMac, EITHER, 0)) hex("client_mac", viewData, viewLength, COLON);
  address(tx, "assigned_ip", DhcpKey.AssignedAddress);
  address(tx, "client_ip", DhcpKey.ClientAddress);
  address(tx, "requested_ip", DhcpKey.RequestedAddress);
  if (valueNumber(tx, DhcpKey.MessageType, EITHER, 0)) word("dhcp_type", typeName(<u32>foundNumber));
  logNumber(tx, "lease_time", Field.dhcp__leasetime, EITHER);
  logNumber(tx, "renewal_time", Field.dhcp__renewal_time, EITHER);
  logNumber(tx, "rebinding_time", Field.dhcp__rebinding_time, EITHER);
  logText(tx, "hostname", DhcpKey.HostName, EITHER);
  end();
}
