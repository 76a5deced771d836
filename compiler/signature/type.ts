/** When a rule is inspected: Suricata's signature types. */
import { Action, AppProto } from "../../assembly/abi/codes.ts";
import { RuleFlag, RuleType } from "../../assembly/abi/rules.ts";
import type { SignatureBuilder } from "./builder.ts";
import type { RuleAction } from "./order.ts";

/** What the order of rules knows of an action. */
export function actionName(action: Action): RuleAction {
  switch (action) {
    case Action.Pass:
      return "pass";
    case Action.Drop:
      return "drop";
    case Action.Reject:
    case Action.RejectDst:
    case Action.RejectBoth:
      return "reject";
    default:
      return "alert";
  }
}

export function ruleType(signature: SignatureBuilder): RuleType {
  if (isProtocolOnly(signature)) return RuleType.ProtocolOnly;
  if (isIpOnly(signature)) return signature.negatedAddress ? RuleType.LikeIpOnly : RuleType.IpOnly;
  if (isDecoderOnly(signature)) return RuleType.DecoderEvent;
  const kinds = new Set(signature.buffers.map(({ definition }) => definition.kind));
  if (kinds.has("packet")) return RuleType.Packet;
  if (kinds.size > 0) return RuleType.Transaction;
  if (signature.payload.length > 0) {
    const packet = signature.has(RuleFlag.RequirePacket);
    const stream = signature.has(RuleFlag.RequireStream);
    return packet === stream ? RuleType.PacketStream : stream ? RuleType.Stream : RuleType.Packet;
  }
  if (signature.packetTraits.length > 0) return RuleType.Packet;
  return signature.has(RuleFlag.AppLayer) ? RuleType.AppLayer : RuleType.Packet;
}

/** No protocol, no payload, no buffer, no hook: only the header and header conditions are left. */
function isBare(signature: SignatureBuilder): boolean {
  return (
    signature.app === AppProto.Unknown &&
    signature.payload.length === 0 &&
    signature.buffers.length === 0 &&
    signature.hook === 0
  );
}

function isProtocolOnly(signature: SignatureBuilder): boolean {
  const traits = signature.packetTraits;
  return (
    isBare(signature) &&
    traits.includes("protocol") &&
    traits.every((trait) => trait === "protocol" || trait === "ip-only")
  );
}

function isIpOnly(signature: SignatureBuilder): boolean {
  return (
    isBare(signature) &&
    !signature.has(RuleFlag.ToServer) &&
    !signature.has(RuleFlag.ToClient) &&
    signature.packetTraits.every((trait) => trait === "ip-only") &&
    signature.postIpOnly.every((compatible) => compatible)
  );
}

function isDecoderOnly(signature: SignatureBuilder): boolean {
  const traits = signature.packetTraits;
  return isBare(signature) && traits.length > 0 && traits.every((trait) => trait === "decoder");
}
