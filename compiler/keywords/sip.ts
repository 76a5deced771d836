/** SIP and the session descriptions it carries. Suricata manual, "SIP Keywords", "SDP Keywords". */
import { Buffer as B } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { bothWays, buffer, C, type Engine, S } from "../signature/buffers.ts";
import { family, type Keyword } from "./keyword.ts";
import { sticky } from "./sticky.ts";

const request: Engine[] = [{ app: AppProto.Sip, direction: S, progress: 0 }];
const response: Engine[] = [{ app: AppProto.Sip, direction: C, progress: 0 }];
const both = bothWays(AppProto.Sip);

type Row = readonly [name: string, id: B, engines: readonly Engine[], docs: string, multi?: boolean];

const SIP: readonly Row[] = [
  ["sip.method", B.sip__method, request, "The method of the request."],
  ["sip.uri", B.sip__uri, request, "The URI of the request."],
  ["sip.protocol", B.sip__protocol, both, "The protocol version."],
  ["sip.stat_code", B.sip__stat_code, response, "The status code."],
  ["sip.stat_msg", B.sip__stat_msg, response, "The status text."],
  ["sip.request_line", B.sip__request_line, request, "The first line of the request."],
  ["sip.response_line", B.sip__response_line, response, "The first line of the response."],
  ["sip.from", B.sip__from, both, "The From header.", true],
  ["sip.to", B.sip__to, both, "The To header.", true],
  ["sip.via", B.sip__via, both, "The Via header.", true],
  ["sip.user_agent", B.sip__user_agent, both, "The User-Agent header.", true],
  ["sip.content_type", B.sip__content_type, both, "The Content-Type header.", true],
  ["sip.content_length", B.sip__content_length, both, "The Content-Length header.", true],
];

const SDP: readonly Row[] = [
  ["sdp.origin", B.sdp__origin, both, "The origin line."],
  ["sdp.session_name", B.sdp__session_name, both, "The session name."],
  ["sdp.session_info", B.sdp__session_info, both, "The session information."],
  ["sdp.uri", B.sdp__uri, both, "The URI."],
  ["sdp.email", B.sdp__email, both, "The mail address."],
  ["sdp.phone_number", B.sdp__phone_number, both, "The phone number."],
  ["sdp.connection_data", B.sdp__connection_data, both, "The connection data."],
  ["sdp.bandwidth", B.sdp__bandwidth, both, "Each bandwidth line.", true],
  ["sdp.time", B.sdp__time, both, "Each time line.", true],
  ["sdp.repeat_time", B.sdp__repeat_time, both, "Each repeat line.", true],
  ["sdp.timezone", B.sdp__timezone, both, "The time zone line."],
  ["sdp.encryption_key", B.sdp__encryption_key, both, "The encryption key."],
  ["sdp.attribute", B.sdp__attribute, both, "Each attribute line.", true],
  ["sdp.media.media", B.sdp__media__media, both, "Each media line.", true],
  ["sdp.media.media_info", B.sdp__media__media_info, both, "The information of each medium.", true],
  ["sdp.media.connection_data", B.sdp__media__connection_data, both, "The connection data of each medium.", true],
  ["sdp.media.encryption_key", B.sdp__media__encryption_key, both, "The encryption key of each medium.", true],
];

const rows = (table: readonly Row[]) =>
  table.map(([name, id, engines, docs, multi = false]) =>
    sticky(buffer(name, id, engines, { multi }), docs, AppProto.Sip),
  );

export const SIP_KEYWORDS: Keyword[] = [...family("SIP", rows(SIP)), ...family("SDP", rows(SDP))];
