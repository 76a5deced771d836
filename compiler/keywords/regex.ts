/** `pcre`, and the flow variables its captures fill. */
import { AppProto } from "../../assembly/abi/codes.ts";
import { Op } from "../../assembly/abi/conditions.ts";
import { VariableScope } from "../../assembly/abi/content_conditions.ts";
import { parsePattern } from "../content.ts";
import { RuleError } from "../rule/problem.ts";
import type { BufferDefinition } from "../signature/buffers.ts";
import type { SignatureBuilder } from "../signature/builder.ts";
import { FILE_DATA } from "./files.ts";
import * as http from "./http.ts";
import { family, type Keyword } from "./keyword.ts";
import { type CaptureScope, compilePcre, parsePcre } from "./pcre.ts";

const BUFFERS: Readonly<Record<string, BufferDefinition>> = {
  http_uri: http.HTTP_URI,
  http_raw_uri: http.HTTP_RAW_URI,
  http_user_agent: http.HTTP_USER_AGENT,
  http_host: http.HTTP_HOST,
  http_raw_host: http.HTTP_RAW_HOST,
  http_header: http.HTTP_HEADER,
  http_raw_header: http.HTTP_RAW_HEADER,
  http_method: http.HTTP_METHOD,
  http_cookie: http.HTTP_COOKIE,
  http_client_body: http.HTTP_REQUEST_BODY,
  file_data: FILE_DATA,
  http_stat_msg: http.HTTP_STAT_MSG,
  http_stat_code: http.HTTP_STAT_CODE,
};

const SCOPES: Readonly<Record<CaptureScope, VariableScope>> = {
  flow: VariableScope.Flow,
  pkt: VariableScope.Packet,
  alert: VariableScope.Alert,
};

export const REGEX_KEYWORDS: Keyword[] = family("Payload", [
  {
    name: "pcre",
    value: "required",
    docs: 'A regular expression in PCRE2\'s language: `"/expression/modifiers"`, and names of variables for its captures.',
    differs: "Runs in linear time where the expression allows, otherwise within a bound on its steps.",
    apply: applyPcre,
  },
  {
    name: "flowvar",
    value: "required",
    docs: "A variable of the flow has this value: `name,value`.",
    apply: (signature, { text }) => applyVariable(signature, text, "flowvar"),
  },
  {
    name: "pktvar",
    value: "required",
    docs: "A variable of the packet has this value: `name,value`.",
    apply: (signature, { text }) => applyVariable(signature, text, "pktvar"),
  },
]);

function applyPcre(signature: SignatureBuilder, { text }: { text: string }): void {
  const parsed = parsePcre(text);
  for (const warning of parsed.warnings) signature.shared.warn("pcre", warning);
  const regex = compilePcre(parsed);
  const captures = regex.stored.map(({ name, group, scope, valueGroup }) => {
    if (valueGroup !== undefined) throw new RuleError("captures of variable names (pkt:key) are not supported");
    signature.shared.names.hash("variable", name);
    return { name, group, scope: SCOPES[scope] };
  });
  const condition = {
    op: Op.Pcre,
    program: regex.program,
    negated: parsed.negated,
    relative: parsed.relative,
    captures,
    literals: regex.literals.required,
  } as const;
  if (parsed.buffer !== undefined) {
    const definition = BUFFERS[parsed.buffer]!;
    const active = signature.activeBuffer?.definition;
    signature.setApp(AppProto.Http);
    if (active === undefined) {
      signature.addTo(definition, condition);
      return;
    }
    if (active.id !== definition.id) {
      throw new RuleError(`the modifier selects ${definition.name}, but ${active.name} is the sticky buffer`, {
        advice: "write pkt_data before it, or leave the modifier out",
      });
    }
  }
  const list = parsed.relative ? signature.relativeList() : signature.current();
  signature.add(condition, list);
  if (list === signature.payload) {
    for (const { scope } of captures) {
      if (scope === VariableScope.Flow) signature.use("flowvar", "writes");
      if (scope === VariableScope.Packet) signature.use("pktvar", "writes");
    }
  }
}

function applyVariable(signature: SignatureBuilder, text: string, kind: "flowvar" | "pktvar"): void {
  const found = /^\s*([^,\s]+)\s*,\s*"?(.*?)"?\s*$/.exec(text);
  if (found === null) throw new RuleError(`"${text}" is not "name,value"`);
  signature.shared.names.hash("variable", found[1]!);
  const scope = kind === "pktvar" ? VariableScope.Packet : VariableScope.Flow;
  signature.addPacket({ op: Op.FlowVariable, name: found[1]!, value: parsePattern(found[2]!), scope });
  signature.use(kind, "reads");
}
