/** Files of any protocol, and the decoded payload. Suricata manual, "File Keywords", "Base64 keywords". */
import { Buffer as B, Field } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { Op } from "../../assembly/abi/conditions.ts";
import { Asn1Flag } from "../../assembly/abi/content_conditions.ts";
import { Http2Progress, HttpProgress } from "../../assembly/abi/progress.ts";
import { RuleFlag } from "../../assembly/abi/rules.ts";
import { parsePattern } from "../content.ts";
import { RuleError } from "../rule/problem.ts";
import { splitCommas } from "../rule/value.ts";
import { bothWays, buffer, C, type Engine, S } from "../signature/buffers.ts";
import type { SignatureBuilder } from "../signature/builder.ts";
import type { Condition } from "../signature/conditions.ts";
import { parseComparison, parseSigned, parseUnsigned } from "./integer.ts";
import { family, type Keyword } from "./keyword.ts";
import { sticky } from "./sticky.ts";

/** Where files travel. */
const FILES: readonly Engine[] = [
  { app: AppProto.Http1, direction: S, progress: HttpProgress.Body },
  { app: AppProto.Http1, direction: C, progress: HttpProgress.Body },
  { app: AppProto.Http2, direction: S, progress: Http2Progress.DataClient },
  { app: AppProto.Http2, direction: C, progress: Http2Progress.DataServer },
  { app: AppProto.Smtp, direction: S, progress: 0 },
  ...bothWays(AppProto.FtpData),
  ...bothWays(AppProto.Smb),
  ...bothWays(AppProto.Nfs),
];

export const FILE_DATA = buffer("file.data", B.file_data, FILES, { streaming: true, file: true });
const FILE_NAME = buffer("file.name", B.file_name, FILES, { file: true });
const FILE_PROPERTIES = buffer("files", 0, FILES, { kind: "generic", file: true });

export const FILE_KEYWORDS: Keyword[] = [
  ...family("Files", [
    {
      ...sticky(FILE_DATA, "The data of a file, decompressed and decoded.", undefined, ["file_data"]),
      apply: applyFileData,
    },
    sticky(FILE_NAME, "The name of a file.", undefined),
    {
      name: "filename",
      value: "required",
      quoting: "mandatory",
      negatable: true,
      docs: "The name of the file contains this text.",
      apply: (signature, { text, negated }) => {
        signature.addTo(FILE_NAME, {
          op: Op.Content,
          pattern: parsePattern(text.toLowerCase()),
          negated,
          nocase: true,
        });
      },
    },
    {
      name: "fileext",
      value: "required",
      quoting: "mandatory",
      negatable: true,
      docs: "The name of the file ends with a dot and this text.",
      apply: (signature, { text, negated }) => {
        const pattern = parsePattern(`.${text.toLowerCase()}`);
        signature.addTo(FILE_NAME, { op: Op.Content, pattern, negated, nocase: true, endsWith: true });
      },
    },
    {
      name: "filesize",
      value: "required",
      docs: "Bytes of the file. A comparison, units kb, mb and gb are known.",
      apply: (signature, { text }) => {
        const comparison = parseComparison(text, 64);
        signature.addGeneric(FILE_PROPERTIES, { op: Op.TxCompare, field: Field.filesize, ...comparison });
        signature.flags |= RuleFlag.File;
      },
    },
    {
      name: "filestore",
      value: "optional",
      docs: "Accepted.",
      differs: "Files are not stored; the alert is the same.",
      apply: (signature) => {
        signature.flags |= RuleFlag.File;
      },
    },
  ]),
  ...family("Payload", [
    {
      name: "pkt_data",
      value: "none",
      docs: "Back from a sticky buffer to the payload.",
      apply: (signature) => signature.activatePayload(),
    },
    {
      name: "base64_decode",
      value: "optional",
      docs: "Decodes base64 in the buffer for `base64_data`: `bytes n, offset n, relative`.",
      apply: applyBase64Decode,
    },
    {
      name: "base64_data",
      value: "none",
      docs: "What follows is asked of the decoded bytes.",
      apply: (signature) => {
        if (signature.base64 === undefined) throw new RuleError("there is no base64_decode before it");
        signature.activateChain(signature.base64);
      },
    },
    {
      name: "asn1",
      value: "required",
      docs: "ASN.1 checks: bitstring_overflow, double_overflow, oversize_length n, absolute_offset n, relative_offset n.",
      apply: applyAsn1,
    },
  ]),
];

function applyFileData(signature: SignatureBuilder, value: { text: string; negated: boolean }): void {
  const client = signature.has(RuleFlag.ToClient);
  if (signature.app === AppProto.Smtp && client) {
    throw new RuleError("SMTP has no files to the client");
  }
  sticky(FILE_DATA, "", undefined).apply(signature, value);
  signature.flags |= RuleFlag.File;
}

function applyBase64Decode(signature: SignatureBuilder, { text }: { text: string }): void {
  let bytes = 0;
  let offset = 0;
  let relative = false;
  for (const part of text === "" ? [] : splitCommas(text)) {
    const [name, value = ""] = part.split(/\s+/, 2) as [string, string?];
    if (name === "bytes") {
      bytes = parseUnsigned(value, 0xffff_ffff);
      if (bytes === 0) throw new RuleError("0 bytes hold no base64");
    } else if (name === "offset") offset = parseUnsigned(value, 0xffff_ffff);
    else if (part === "relative") relative = true;
    else throw new RuleError(`"${part}" is none of bytes n, offset n, relative`);
  }
  const chain: Condition[] = [];
  signature.base64 = chain;
  const list = relative ? signature.relativeList() : signature.current();
  signature.add({ op: Op.Base64Decode, bytes, offset, relative, chain }, list);
}

function applyAsn1(signature: SignatureBuilder, { text }: { text: string }): void {
  let checks = 0;
  let oversize = 0;
  let offset = 0;
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  for (let i = 0; i < words.length; i += 1) {
    switch (words[i]) {
      case "bitstring_overflow":
        checks |= Asn1Flag.BitstringOverflow;
        break;
      case "double_overflow":
        checks |= Asn1Flag.DoubleOverflow;
        break;
      case "oversize_length":
        checks |= Asn1Flag.OversizeLength;
        oversize = parseUnsigned(words[++i] ?? "", 0xffff_ffff);
        break;
      case "absolute_offset":
        checks |= Asn1Flag.AbsoluteOffset;
        offset = parseSigned(words[++i] ?? "", 65535);
        break;
      case "relative_offset":
        checks |= Asn1Flag.RelativeOffset;
        offset = parseSigned(words[++i] ?? "", 65535);
        break;
      default:
        throw new RuleError(`"${words[i]}" is not an asn1 check`);
    }
  }
  signature.add({ op: Op.Asn1, checks, oversize, offset });
}
