/** `app-layer-protocol:<proto>[,<mode>]` (Suricata manual, app-layer keywords). */

import { AppProto, Direction } from "../../abi/codes";
import { AppLayerProtocolField, AppLayerProtocolMode, CONDITION_NEGATED, Condition } from "../../abi/conditions";
import { Flow } from "../../flow/flow";
import { Packet } from "../../wire/packet";

/** Does a rule's protocol cover a flow's? `http` covers both versions. */
export function coversProtocol(rule: u32, flow: u32): bool {
  if (rule == flow) return true;
  if (rule == AppProto.Http) return flow == AppProto.Http1 || flow == AppProto.Http2;
  if (rule == AppProto.Dcerpc) return flow == AppProto.Smb;
  if (rule == AppProto.Dns) return flow == AppProto.Doh2;
  return rule == AppProto.Http2 && flow == AppProto.Doh2;
}

export function matchAppLayerProtocol(c: usize, packet: Packet): bool {
  if (packet.flow == 0) return false;
  const flow = changetype<Flow>(packet.flow);
  const wanted = <u32>load<u8>(c, AppLayerProtocolField.proto);
  const negated = (load<u32>(c, Condition.flags) & CONDITION_NEGATED) != 0;
  const own = packet.direction == Direction.ToServer ? flow.appProtoToServer : flow.appProtoToClient;
  let known: u32 = own;
  let other: u32 = AppProto.Unknown;
  switch (<u32>load<u8>(c, AppLayerProtocolField.mode)) {
    case AppLayerProtocolMode.Final:
      known = flow.appProto;
      break;
    case AppLayerProtocolMode.Original:
      known = flow.appProtoOriginal;
      break;
    case AppLayerProtocolMode.ToServer:
      known = flow.appProtoToServer;
      break;
    case AppLayerProtocolMode.ToClient:
      known = flow.appProtoToClient;
      break;
    case AppLayerProtocolMode.Either:
      known = flow.appProtoToServer;
      other = flow.appProtoToClient;
      break;
    default:
      break;
  }
  if (known == AppProto.Unknown && other == AppProto.Unknown) return false;
  const held = coversProtocol(wanted, known) || (other != AppProto.Unknown && coversProtocol(wanted, other));
  return held != negated;
}
