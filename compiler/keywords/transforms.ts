/** Transforms: what is done to a sticky buffer before it is inspected. Suricata manual, "Transformations". */
import { Transform } from "../../assembly/abi/lists.ts";
import { compileRegex, RegexError } from "../regex/index.ts";
import { RuleError } from "../rule/problem.ts";
import { splitCommas } from "../rule/value.ts";
import { parseNumber, parseUnsigned } from "./integer.ts";
import { family, type Keyword } from "./keyword.ts";
import { PUBLIC_SUFFIXES } from "./public_suffix_table.ts";

const NONE = new Uint8Array();

/** Transforms without an argument. */
const PLAIN: readonly (readonly [name: string, op: Transform, docs: string])[] = [
  ["strip_whitespace", Transform.StripWhitespace, "Takes all white space out."],
  ["compress_whitespace", Transform.CompressWhitespace, "Makes one white space of several."],
  ["to_lowercase", Transform.ToLowercase, "Makes all letters small."],
  ["to_uppercase", Transform.ToUppercase, "Makes all letters capital."],
  ["to_md5", Transform.ToMd5, "The MD5 digest, 16 bytes."],
  ["to_sha1", Transform.ToSha1, "The SHA-1 digest, 20 bytes."],
  ["to_sha256", Transform.ToSha256, "The SHA-256 digest, 32 bytes."],
  ["url_decode", Transform.UrlDecode, "Decodes %XX and `+`."],
  ["dotprefix", Transform.DotPrefix, "Puts a dot before the buffer, so that `.example.com` matches whole labels."],
  ["header_lowercase", Transform.HeaderLowercase, "Makes the names of headers small, not their values."],
  ["strip_pseudo_headers", Transform.StripPseudoHeaders, "Takes the pseudo headers of HTTP/2 out."],
];

/** Modes of from_base64 by the codes of the core's codec. */
const BASE64_MODES = { rfc2045: 0, rfc4648: 1, strict: 2 } as const;

export const TRANSFORM_KEYWORDS: Keyword[] = family("Transforms", [
  ...PLAIN.map(
    ([name, op, docs]): Omit<Keyword, "family"> => ({
      name,
      value: "none",
      docs,
      apply: (signature) => signature.transform({ op, argument: NONE }),
    }),
  ),
  {
    name: "domain",
    value: "none",
    docs: "The registered domain of a host name, by the public suffix list: `example.co.uk` of `www.example.co.uk`; else nothing.",
    apply: (signature) => signature.transform({ op: Transform.Domain, argument: suffixTable() }),
  },
  {
    name: "tld",
    value: "none",
    docs: "The public suffix of a host name: `co.uk` of `www.example.co.uk`.",
    apply: (signature) => signature.transform({ op: Transform.Tld, argument: suffixTable() }),
  },
  {
    name: "xor",
    value: "required",
    quoting: "optional",
    docs: "Combines the buffer with a key, given in hexadecimal, by exclusive or.",
    apply: (signature, { text }) => {
      if (!/^(?:[0-9a-fA-F]{2})+$/.test(text)) throw new RuleError(`"${text}" is not a key in hexadecimal`);
      signature.transform({ op: Transform.Xor, argument: Uint8Array.from(Buffer.from(text, "hex")) });
    },
  },
  {
    name: "pcrexform",
    value: "required",
    quoting: "mandatory",
    docs: "The first capture of a regular expression becomes the buffer.",
    apply: (signature, { text }) => {
      try {
        const regex = compileRegex(Buffer.from(text, "utf8").toString("latin1"));
        if (regex.captures !== 1) throw new RuleError(`the expression has ${regex.captures} captures, one is needed`);
        signature.transform({ op: Transform.Pcrexform, argument: regex.program });
      } catch (error) {
        if (error instanceof RegexError) throw new RuleError(error.message);
        throw error;
      }
    },
  },
  {
    name: "from_base64",
    value: "optional",
    docs: "Decodes base64: `bytes n, offset n, mode rfc4648|rfc2045|strict`.",
    apply: (signature, { text }) => signature.transform({ op: Transform.FromBase64, argument: base64Argument(text) }),
  },
  {
    name: "gunzip",
    value: "optional",
    docs: "Unpacks gzip data, `max-size n` bytes at most.",
    apply: (signature, { text }) => signature.transform({ op: Transform.Gunzip, argument: inflateArgument(text) }),
  },
  {
    name: "zlib_deflate",
    value: "optional",
    docs: "Unpacks zlib data, `max-size n` bytes at most.",
    apply: (signature, { text }) => signature.transform({ op: Transform.ZlibDeflate, argument: inflateArgument(text) }),
  },
]);

let suffixes: Uint8Array | undefined;

/** The hashes of the public suffix list; a database holds them once. */
function suffixTable(): Uint8Array {
  suffixes ??= Uint8Array.from(Buffer.from(PUBLIC_SUFFIXES, "base64"));
  return suffixes;
}

/** u8 mode, 3 bytes 0, u32 bytes, u32 offset. */
function base64Argument(text: string): Uint8Array {
  const argument = new Uint8Array(12);
  const view = new DataView(argument.buffer);
  view.setUint8(0, BASE64_MODES.rfc4648);
  if (text === "") return argument;
  for (const part of splitCommas(text)) {
    const [name, value = ""] = part.split(/\s+/, 2) as [string, string?];
    if (name === "bytes") {
      const bytes = parseUnsigned(value, 65535);
      if (bytes === 0) throw new RuleError("0 bytes hold no base64");
      view.setUint32(4, bytes, true);
    } else if (name === "offset") view.setUint32(8, parseUnsigned(value, 65535), true);
    else if (name === "mode" && Object.hasOwn(BASE64_MODES, value)) {
      view.setUint8(0, BASE64_MODES[value as keyof typeof BASE64_MODES]);
    } else throw new RuleError(`"${part}" is not an option`);
  }
  return argument;
}

/** u32 most bytes of output, or nothing. */
function inflateArgument(text: string): Uint8Array {
  if (text === "") return NONE;
  const found = /^max-size\s+(\S+)$/.exec(text);
  if (found === null) throw new RuleError(`"${text}" is not "max-size n"`);
  const size = parseNumber(found[1]!);
  if (size === 0n || size > 0xffff_ffffn) throw new RuleError("max-size must be from 1 to 4294967295");
  const argument = new Uint8Array(4);
  new DataView(argument.buffer).setUint32(0, Number(size), true);
  return argument;
}
