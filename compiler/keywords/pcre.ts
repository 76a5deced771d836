/**
 * `pcre:"/pattern/modifiers"[, flow:name] [, pkt:name] [, alert:name];`
 * Source: Suricata manual, "Rules / Payload Keywords / pcre".
 */
import { type CompiledRegex, compileRegex, RegexError, type RegexFlags } from "../regex/index.ts";
import { RuleError } from "../rule/problem.ts";

export type CaptureScope = "flow" | "pkt" | "alert";

/** A group whose text is kept in a variable when the rule matches. */
export interface PcreCapture {
  scope: CaptureScope;
  /** Empty when the name itself is captured (`pkt:key,pkt:value`): `group` is the name then and `valueGroup` the value. */
  name: string;
  group: number;
  valueGroup?: number;
}

export interface ParsedPcre {
  negated: boolean;
  /** One character a byte. */
  pattern: string;
  flags: RegexFlags;
  /** R: the pattern applies behind the last match. */
  relative: boolean;
  /** B: the packet payload as it was received. */
  raw: boolean;
  /** Name of the sticky buffer that a modifier such as U selects; these buffers belong to HTTP. */
  buffer?: string;
  /** O: the configured match limit instead of the default one. */
  configuredLimit: boolean;
  /** `captures` as written behind the pattern; those in group names are found when it is compiled. */
  captureNames: string[];
  /** What a user should know, though the rule is taken. */
  warnings: string[];
}

/** Modifiers that select a buffer (Snort 2 heritage; Q is Suricata's own). */
const BUFFERS: Readonly<Record<string, string>> = {
  U: "http_uri",
  I: "http_raw_uri",
  V: "http_user_agent",
  W: "http_host",
  Z: "http_raw_host",
  H: "http_header",
  D: "http_raw_header",
  M: "http_method",
  C: "http_cookie",
  P: "http_client_body",
  Q: "file_data",
  Y: "http_stat_msg",
  S: "http_stat_code",
};

/** These may stand beside B; the others contradict it. */
const BESIDE_RAW = "DPQYS";
const CAPTURE_LIMIT = 8;
const MODIFIER_LIMIT = 63;

/** Reads the raw value of the option: negation, quotes, captures and all. @throws RuleError */
export function parsePcre(value: string): ParsedPcre {
  let text = value.trim();
  const negated = text.startsWith("!");
  if (negated) text = text.slice(1).trimStart();
  const { expression, captureNames } = splitCaptures(text);
  const found = /(?<!\\)\/(.*(?<!(?<!\\)\\))\/([^"]*)/.exec(expression);
  if (!found) {
    throw new RuleError("the pattern must stand between slashes", { advice: 'write pcre:"/pattern/modifiers"' });
  }
  const parsed: ParsedPcre = {
    negated,
    pattern: Buffer.from(found[1]!, "utf8").toString("latin1"),
    flags: {},
    relative: false,
    raw: false,
    configuredLimit: false,
    captureNames,
    warnings: [],
  };
  const modifiers = found[2]!.trimEnd();
  if (modifiers.length > MODIFIER_LIMIT) throw new RuleError("too many modifiers behind the pattern");
  for (const modifier of modifiers) applyModifier(parsed, modifier);
  if (modifiers.includes("W")) checkHostCase(parsed);
  return parsed;
}

/** `/.../", flow:a,pkt:b`: the names behind the first `flow:`, `pkt:` or `alert:` that a comma or blank precedes. */
function splitCaptures(text: string): { expression: string; captureNames: string[] } {
  const first = /(?:flow|pkt|alert):/.exec(text);
  if (!first) return { expression: text, captureNames: [] };
  const before = text.slice(0, first.index);
  const expression = before.replace(/[ ,]+$/, "");
  if (expression === before) return { expression: text, captureNames: [] };
  const names = text.slice(first.index).replace(/"$/, "");
  return { expression, captureNames: names.split(/[ ,]+/).filter((name) => name !== "") };
}

function applyModifier(parsed: ParsedPcre, modifier: string): void {
  switch (modifier) {
    case "i":
    case "m":
    case "s":
    case "x":
    case "A":
    case "E":
    case "G":
      parsed.flags[modifier] = true;
      return;
    case "R":
      parsed.relative = true;
      return;
    case "O":
      parsed.configuredLimit = true;
      return;
    case "B":
      if (parsed.buffer !== undefined) contradicts("B", "the buffer chosen before it");
      parsed.raw = true;
      return;
  }
  const buffer = BUFFERS[modifier];
  if (buffer === undefined) {
    throw new RuleError(`unknown modifier "${modifier}" behind the pattern`, {
      advice: `modifiers are i m s x A E G O R B and ${Object.keys(BUFFERS).join(" ")}`,
    });
  }
  if (parsed.raw && !BESIDE_RAW.includes(modifier)) contradicts(modifier, '"B"');
  if (parsed.buffer !== undefined) throw new RuleError("only one modifier may select a buffer");
  parsed.buffer = buffer;
}

function contradicts(modifier: string, other: string): never {
  throw new RuleError(`modifier "${modifier}" contradicts ${other}`);
}

/** The normalized host is lower case, so a pattern for it must be. */
function checkHostCase({ pattern, flags, warnings }: ParsedPcre): void {
  if (flags.i) {
    warnings.push('modifier "i" is redundant with "W": the host buffer is lower case');
    return;
  }
  if (/[A-Z]/.test(pattern.replace(/\\(?:x..|[\s\S])/g, ""))) {
    throw new RuleError('upper case in a pattern with "W" never matches: the host buffer is lower case', {
      advice: "write the pattern in lower case",
    });
  }
}

export interface CompiledPcre extends CompiledRegex {
  stored: PcreCapture[];
}

/**
 * Compiles the pattern as Suricata does: unless captures are named behind it, plain parentheses do not capture; if the
 * pattern then refers to a group that does not exist, once more with all of them capturing. @throws RuleError
 */
export function compilePcre(parsed: ParsedPcre): CompiledPcre {
  const { pattern, flags, captureNames } = parsed;
  const regex = attempt(pattern, { ...flags, n: captureNames.length === 0 });
  const stored = regex.captures > 0 ? namedBehind(captureNames, regex.captures) : [];
  // `(?<flow_name>...)` keeps its group too; Suricata counts these captures, not the groups.
  for (const [, scope, name] of pattern.matchAll(/\(\?P<([A-Za-z[\\\]^`]+?)_([\w[\\\]^`]+?)>/g)) {
    if (scope !== "flow" && scope !== "pkt" && scope !== "alert") continue;
    if (stored.length >= CAPTURE_LIMIT) throw new RuleError(`more than ${CAPTURE_LIMIT} captured variables`);
    stored.push({ scope, name: name!, group: stored.length + 1 });
  }
  return { ...regex, stored };
}

function attempt(pattern: string, flags: RegexFlags): CompiledRegex {
  try {
    return compileRegex(pattern, flags);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    if (flags.n && error.missingGroup) return attempt(pattern, { ...flags, n: false });
    throw new RuleError(`${error.message} (at byte ${error.position} of the pattern)`);
  }
}

function namedBehind(names: string[], groups: number): PcreCapture[] {
  const stored: PcreCapture[] = [];
  for (let i = 0; i < names.length && i < CAPTURE_LIMIT; i++) {
    const name = names[i]!;
    if (i >= groups) throw new RuleError("more captured variables than groups in the pattern");
    const group = stored.length + 1;
    if (name === "pkt:key") {
      if (names[++i] !== "pkt:value") throw new RuleError('"pkt:key" needs "pkt:value" right behind it');
      stored.push({ scope: "pkt", name: "", group, valueGroup: group + 1 });
      continue;
    }
    const [, scope, rest] = /^(flow|pkt|alert):(.*)$/.exec(name) ?? [];
    if (scope === undefined || name === "pkt:value") {
      throw new RuleError(`"${name}" is not a captured variable`, {
        advice: 'write "flow:name", "pkt:name" or "alert:name"',
      });
    }
    stored.push({ scope: scope as CaptureScope, name: rest!, group });
  }
  return stored;
}
