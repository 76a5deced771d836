/** `content` and its modifiers. Suricata manual, "Payload Keywords". */
import { AppProto } from "../../assembly/abi/codes.ts";
import { Op } from "../../assembly/abi/conditions.ts";
import { RuleFlag } from "../../assembly/abi/rules.ts";
import { hasLetters, lowerCase, parsePattern } from "../content.ts";
import { RuleError } from "../rule/problem.ts";
import type { SignatureBuilder } from "../signature/builder.ts";
import type { ContentCondition, Operand } from "../signature/conditions.ts";
import { HTTP_URI } from "./http.ts";
import { family, type Keyword } from "./keyword.ts";

/** Largest offset, depth, distance or within. */
const MAX_VALUE = 1024 * 1024;

export const CONTENT_KEYWORDS: Keyword[] = family("Payload", [
  {
    name: "content",
    value: "required",
    quoting: "mandatory",
    negatable: true,
    docs: 'Bytes that must (or with `!` must not) be in the buffer. `|hex|` and the escapes `\\;` `\\:` `\\"` `\\\\` work.',
    apply: (signature, { text, negated }) => {
      signature.add({ op: Op.Content, pattern: parsePattern(text), negated });
    },
  },
  {
    name: "uricontent",
    value: "required",
    quoting: "mandatory",
    negatable: true,
    docs: "A content of the normalized URI; older form of `http.uri; content:`.",
    apply: (signature, { text, negated }) => {
      signature.setApp(AppProto.Http);
      signature.addTo(HTTP_URI, { op: Op.Content, pattern: parsePattern(text), negated });
    },
  },
  modifier("nocase", "Compares letters without regard to case.", (content) => {
    if (content.nocase !== undefined) throw new RuleError("the content has nocase twice");
    content.nocase = hasLetters(content.pattern);
    content.pattern = lowerCase(content.pattern);
  }),
  modifier("rawbytes", "Accepted; every payload is raw.", (content) => {
    content.rawbytes = true;
  }),
  modifier("startswith", "The buffer begins with the content.", (content) => {
    if (content.offset !== undefined || content.depth !== undefined || isRelative(content)) {
      throw new RuleError("startswith cannot be combined with offset, depth, distance or within");
    }
    content.startsWith = true;
    content.depth = content.pattern.length;
    content.offset = 0;
  }),
  modifier("endswith", "The buffer ends with the content.", (content) => {
    if (content.endsWith) throw new RuleError("the content has endswith twice");
    content.endsWith = true;
  }),
  numeric("offset", "Looks for the content from this byte of the buffer on.", (content, value) => {
    if (content.offset !== undefined) throw new RuleError("the content has two offsets, or startswith");
    refuseRelative(content);
    content.offset = value;
  }),
  numeric("depth", "Looks for the content within this many bytes, counted from the offset.", (content, value) => {
    if (content.depth !== undefined) throw new RuleError("the content has two depths, or startswith");
    refuseRelative(content);
    refuseShort(content, value);
    content.depth = value;
  }),
  numeric("distance", "Looks for the content this many bytes behind the match before.", (content, value) => {
    if (content.distance !== undefined) throw new RuleError("the content has two distances");
    refuseAbsolute(content);
    content.distance = value;
  }),
  numeric("within", "The content ends at most this many bytes behind the match before.", (content, value) => {
    if (content.within !== undefined) throw new RuleError("the content has two withins");
    refuseAbsolute(content);
    refuseShort(content, value);
    content.within = value;
  }),
  {
    name: "fast_pattern",
    value: "optional",
    docs: "Names the content by which rules are looked up first; `only` and `offset,length` are accepted.",
    differs: "A hint that never changes what matches; `only` contents are verified as well.",
    apply: (signature, { text }) => {
      const content = lastContent(signature);
      const absolute = isAbsolute(content) || isRelative(content);
      if (signature.fastPatternGiven) throw new RuleError("the rule has two fast patterns");
      if (content.negated && absolute) {
        throw new RuleError("a negated content with a position cannot be the fast pattern");
      }
      signature.fastPatternGiven = true;
      content.fastPattern = parseFastPattern(text, content);
      if (content.fastPattern.only && (content.negated || absolute)) {
        throw new RuleError("fast_pattern:only needs a content without negation and position");
      }
    },
  },
  {
    name: "replace",
    value: "required",
    quoting: "mandatory",
    docs: "Overwrites the content in the packet; both must have the same length. Prevention mode only.",
    apply: (signature, { text }) => {
      const content = lastContent(signature);
      const replacement = parsePattern(text);
      if (!signature.payload.includes(content)) throw new RuleError("only a content of the payload can be replaced");
      if (content.negated) throw new RuleError("a negated content cannot be replaced");
      if (replacement.length !== content.pattern.length) {
        throw new RuleError(`the replacement has ${replacement.length} bytes, the content ${content.pattern.length}`);
      }
      content.replacement = replacement;
      signature.flags |= RuleFlag.RequirePacket;
    },
  },
  {
    name: "prefilter",
    value: "none",
    docs: "Accepted; which rules are tried first is settled by the compiler.",
    apply: () => {},
  },
]);

type Row = Omit<Keyword, "family">;

function modifier(name: string, docs: string, change: (content: ContentCondition) => void): Row {
  return { name, value: "none", docs, apply: (signature) => change(lastContent(signature)) };
}

function numeric(name: string, docs: string, change: (content: ContentCondition, value: Operand) => void): Row {
  return {
    name,
    value: "required",
    docs: `${docs} A number, or a variable of byte_extract or byte_math.`,
    apply: (signature, { text }) => change(lastContent(signature), parseOperand(signature, text, name === "distance")),
  };
}

function lastContent(signature: SignatureBuilder): ContentCondition {
  const content = signature.lastContent();
  if (content === undefined) throw new RuleError("there is no content before it to modify");
  return content;
}

function parseOperand(signature: SignatureBuilder, text: string, signed: boolean): Operand {
  if (!/^[+-]?\d+$/.test(text)) return { variable: signature.variable(text) };
  const value = Number(text);
  if (Math.abs(value) > MAX_VALUE || (!signed && value < 0)) {
    throw new RuleError(`"${text}" is not from ${signed ? -MAX_VALUE : 0} to ${MAX_VALUE}`);
  }
  return value;
}

function parseFastPattern(text: string, content: ContentCondition): NonNullable<ContentCondition["fastPattern"]> {
  if (text === "") return { only: false };
  if (text === "only") return { only: true };
  const chop = /^(\d{1,5})\s*,\s*(\d{1,5})$/.exec(text);
  if (chop === null) throw new RuleError(`"${text}" is neither "only" nor "offset,length"`);
  const offset = Number(chop[1]);
  const length = Number(chop[2]);
  if (length === 0 || offset + length > content.pattern.length) {
    throw new RuleError(`"${text}" lies outside the content of ${content.pattern.length} bytes`);
  }
  return { only: false, chop: [offset, length] };
}

function isRelative(content: ContentCondition): boolean {
  return content.distance !== undefined || content.within !== undefined;
}

function isAbsolute(content: ContentCondition): boolean {
  return content.offset !== undefined || content.depth !== undefined;
}

function refuseRelative(content: ContentCondition): void {
  if (isRelative(content)) throw new RuleError("offset and depth cannot be combined with distance and within");
}

function refuseAbsolute(content: ContentCondition): void {
  if (isAbsolute(content)) throw new RuleError("distance and within cannot be combined with offset and depth");
}

function refuseShort(content: ContentCondition, value: Operand): void {
  if (typeof value === "number" && value < content.pattern.length) {
    throw new RuleError(`${value} is less than the ${content.pattern.length} bytes of the content`);
  }
}
