/** `frame`: a part of a protocol's stream, as a sticky buffer. Suricata manual, "Frames". */
import { Buffer as B } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { RuleFlag } from "../../assembly/abi/rules.ts";
import { fnv1a } from "../hash.ts";
import { RuleError } from "../rule/problem.ts";
import { type BufferDefinition, bothWays, buffer } from "../signature/buffers.ts";
import { appProtocol, appProtocolName } from "../signature/protocols.ts";
import { family, type Keyword } from "./keyword.ts";

/** Frame types of each protocol. `stream` stands for all bytes of the protocol. */
const TYPES: ReadonlyMap<AppProto, readonly string[]> = new Map([
  [AppProto.Http1, ["stream", "request", "response"]],
  [AppProto.Http2, ["stream", "hdr", "data", "pdu"]],
  [AppProto.Smtp, ["stream", "command_line", "data", "response_line"]],
  [AppProto.Tls, ["stream", "pdu", "hdr", "data", "alert_pdu", "heartbeat_pdu", "ssl2.hdr", "ssl2.pdu"]],
  [AppProto.Dns, ["stream", "pdu"]],
  [
    AppProto.Smb,
    [
      "stream",
      "nbss.pdu",
      "nbss.hdr",
      "nbss.data",
      "smb1.pdu",
      "smb1.hdr",
      "smb1.data",
      "smb2.pdu",
      "smb2.hdr",
      "smb2.data",
      "smb3.pdu",
      "smb3.hdr",
      "smb3.data",
    ],
  ],
  [AppProto.Dcerpc, ["stream", "hdr", "data", "pdu"]],
  [
    AppProto.Sip,
    [
      "stream",
      "pdu",
      "request.line",
      "request.headers",
      "request.body",
      "response.line",
      "response.headers",
      "response.body",
    ],
  ],
  [AppProto.Mqtt, ["stream", "pdu", "header", "data"]],
  [AppProto.Telnet, ["stream", "pdu", "ctl", "data"]],
  [AppProto.Ssh, ["stream", "record_hdr", "record_data", "record_pdu"]],
  [
    AppProto.Nfs,
    [
      "stream",
      "rpc.pdu",
      "rpc.hdr",
      "rpc.data",
      "rpc.creds",
      "nfs.pdu",
      "nfs.status",
      "nfs4.pdu",
      "nfs4.hdr",
      "nfs4.ops",
      "nfs4.status",
    ],
  ],
  [AppProto.Enip, ["stream", "hdr", "data", "enip.item", "cip", "pdu"]],
  [AppProto.Ldap, ["stream", "pdu"]],
  [AppProto.Modbus, ["stream", "pdu"]],
  [AppProto.Pgsql, ["stream", "pdu"]],
  [AppProto.Rfb, ["stream", "pdu"]],
  [AppProto.Websocket, ["stream", "header", "pdu", "data"]],
  [AppProto.Rdp, ["stream", "pdu"]],
]);

const definitions = new Map<AppProto, BufferDefinition>();

export const FRAME_KEYWORDS: Keyword[] = family("Frames", [
  {
    name: "frame",
    value: "required",
    quoting: "optional",
    docs: "A part of the protocol's stream, `protocol.type` or, when the rule names the protocol, `type`; then as a sticky buffer.",
    apply: (signature, { text }) => {
      const [app, type] = resolve(text.trim(), signature.app);
      signature.setApp(app);
      let definition = definitions.get(app);
      if (definition === undefined) {
        definition = buffer(`frame ${appProtocolName(app)}`, B.payload, bothWays(app), { kind: "frame" });
        definitions.set(app, definition);
      }
      signature.shared.names.hash("frame", type);
      signature.activate(definition, undefined, fnv1a(type));
      signature.flags |= RuleFlag.Frame;
    },
  },
]);

/** Which protocol and type a name means; the protocol of the rule is tried first. */
function resolve(name: string, app: AppProto): readonly [AppProto, string] {
  const wanted = app === AppProto.Http ? AppProto.Http1 : app;
  const own = TYPES.get(wanted);
  if (own?.includes(name)) return [wanted, name];
  const dot = name.indexOf(".");
  const prefix = dot < 0 ? undefined : appProtocol(name.slice(0, dot));
  const protocol = prefix === AppProto.Http ? AppProto.Http1 : prefix;
  const type = name.slice(dot + 1);
  if (protocol !== undefined && TYPES.get(protocol)?.includes(type)) {
    if (wanted !== AppProto.Unknown && wanted !== protocol) {
      throw new RuleError(`a frame of ${appProtocolName(protocol)} in a rule of ${appProtocolName(wanted)}`);
    }
    return [protocol, type];
  }
  throw new RuleError(`the frame "${name}" is unknown`, {
    ...(own === undefined ? { advice: `write "protocol.type"` } : { advice: `known frames: ${own.join(", ")}` }),
  });
}
