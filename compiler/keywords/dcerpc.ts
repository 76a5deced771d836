/** SMB and DCERPC. Suricata manual, "SMB Keywords", "DCERPC Keywords". */
import { Buffer as B, Field } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { CompareMode, Op } from "../../assembly/abi/conditions.ts";
import { RuleError } from "../rule/problem.ts";
import { splitCommas } from "../rule/value.ts";
import { bothWays, buffer, S } from "../signature/buffers.ts";
import { parseUnsigned } from "./integer.ts";
import { family, type Keyword } from "./keyword.ts";
import { number, sticky } from "./sticky.ts";

const DCERPC_AND_SMB = [...bothWays(AppProto.Dcerpc), ...bothWays(AppProto.Smb)];
const SMB_REQUEST = [{ app: AppProto.Smb, direction: S, progress: 0 }];

export const DCERPC_STUB_DATA = buffer("dcerpc.stub_data", B.dcerpc__stub_data, DCERPC_AND_SMB);
const GENERIC = buffer("dcerpc", 0, DCERPC_AND_SMB, { kind: "generic" });

const MODES: Readonly<Record<string, CompareMode>> = {
  "<": CompareMode.Less,
  ">": CompareMode.Greater,
  "=": CompareMode.Equal,
  "!": CompareMode.NotEqual,
};

const STATUS = {
  status_success: 0,
  status_access_denied: 0xc0000022,
  status_logon_failure: 0xc000006d,
  status_no_such_file: 0xc000000f,
  status_bad_network_name: 0xc00000cc,
  status_object_name_not_found: 0xc0000034,
  status_invalid_parameter: 0xc000000d,
  status_account_locked_out: 0xc0000234,
  status_more_processing_required: 0xc0000016,
};

export const DCERPC_KEYWORDS: Keyword[] = [
  ...family("DCERPC", [
    sticky(DCERPC_STUB_DATA, "The data of a request or response.", undefined, ["dce_stub_data"]),
    {
      name: "dcerpc.iface",
      aliases: ["dce_iface"],
      value: "required",
      docs: "The interface bound: `uuid`, then optionally `,<=>! version` and `,any_frag`.",
      apply: (signature, { text }) => {
        const [uuid, ...rest] = splitCommas(text);
        const hex = uuid!.replaceAll("-", "");
        if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid!))
          throw new RuleError(`"${uuid}" is not a UUID`);
        let version: { mode: CompareMode; value: number } | undefined;
        let anyFragment = false;
        for (const option of rest) {
          const found = /^([<>=!])\s*(\d+)$/.exec(option);
          if (option === "any_frag") anyFragment = true;
          else if (found !== null) version = { mode: MODES[found[1]!]!, value: parseUnsigned(found[2]!, 65535) };
          else throw new RuleError(`"${option}" is neither a version nor any_frag`);
        }
        if (signature.app !== AppProto.Smb) signature.setApp(AppProto.Dcerpc);
        signature.addGeneric(GENERIC, {
          op: Op.DcerpcInterface,
          uuid: Uint8Array.from(Buffer.from(hex, "hex")),
          anyFragment,
          ...(version === undefined ? {} : { version }),
        });
      },
    },
    {
      name: "dcerpc.opnum",
      aliases: ["dce_opnum"],
      value: "required",
      quoting: "optional",
      docs: "The operation called: numbers and ranges `1,3,5-9`, or a comparison.",
      apply: (signature, { text }) => {
        if (signature.app !== AppProto.Smb) signature.setApp(AppProto.Dcerpc);
        signature.addGeneric(GENERIC, { op: Op.DcerpcOpnum, ranges: parseOpnums(text) });
      },
    },
  ]),
  ...family("SMB", [
    sticky(buffer("smb.named_pipe", B.smb__named_pipe, SMB_REQUEST), "The name of the pipe.", AppProto.Smb, [
      "smb_named_pipe",
    ]),
    sticky(buffer("smb.share", B.smb__share, SMB_REQUEST), "The name of the share.", AppProto.Smb, ["smb_share"]),
    sticky(
      buffer("smb.ntlmssp_user", B.smb__ntlmssp_user, SMB_REQUEST),
      "The user of the NTLMSSP login.",
      AppProto.Smb,
    ),
    sticky(
      buffer("smb.ntlmssp_domain", B.smb__ntlmssp_domain, SMB_REQUEST),
      "The domain of the NTLMSSP login.",
      AppProto.Smb,
    ),
    {
      name: "smb.version",
      value: "required",
      docs: "Version 1 or 2 of the protocol.",
      apply: (signature, { text }) => {
        if (text !== "1" && text !== "2") throw new RuleError(`"${text}" is neither 1 nor 2`);
        signature.setApp(AppProto.Smb);
        signature.addGeneric(buffer("smb.version", 0, bothWays(AppProto.Smb), { kind: "generic" }), {
          op: Op.TxCompare,
          field: Field.smb__version,
          mode: CompareMode.Equal,
          a: BigInt(text),
          b: 0n,
        });
      },
    },
    number("smb.status", Field.smb__status, bothWays(AppProto.Smb), "The NT status of the response.", AppProto.Smb, {
      bits: 32,
      names: STATUS,
    }),
  ]),
];

/** Comparisons as well as lists become ranges. @throws RuleError */
function parseOpnums(text: string): [number, number][] {
  const compared = /^\s*([<>])\s*(\d+)\s*$/.exec(text);
  if (compared !== null) {
    const value = parseUnsigned(compared[2]!, 65535);
    if (compared[1] === ">" ? value === 65535 : value === 0) throw new RuleError(`"${text}" can never match`);
    return [compared[1] === ">" ? [value + 1, 65535] : [0, value - 1]];
  }
  return splitCommas(text).map((part) => {
    const found = /^(\d+)(?:\s*-\s*(\d+))?$/.exec(part);
    if (found === null) throw new RuleError(`"${part}" is not an operation number or a range`);
    const low = parseUnsigned(found[1]!, 65535);
    const high = found[2] === undefined ? low : parseUnsigned(found[2], 65535);
    if (low > high) throw new RuleError(`the range "${part}" goes down`);
    return [low, high];
  });
}
