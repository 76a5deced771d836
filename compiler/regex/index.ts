/** Compiles PCRE2 patterns to the programs that `assembly/match/regex` runs. */
import { RegexFlag, RegexHeader } from "../../assembly/abi/regex.ts";
import { widthOf } from "./ast.ts";
import { generate } from "./codegen.ts";
import { literalsOf, type PatternLiterals, strongest } from "./literals.ts";
import type { Modifiers } from "./modifiers.ts";
import { Parser } from "./parser.ts";
import { writeProgram } from "./program.ts";
import { simplify } from "./simplify.ts";

export { RegexError } from "./error.ts";
export type { PatternLiterals, RequiredLiteral } from "./literals.ts";

/** Compile options by the letters Suricata uses; `n` is PCRE2_NO_AUTO_CAPTURE: plain parentheses do not capture. */
export interface RegexFlags {
  i?: boolean;
  m?: boolean;
  s?: boolean;
  x?: boolean;
  /** The match begins where the search begins. */
  A?: boolean;
  /** `$` matches only at the very end. */
  E?: boolean;
  /** Quantifiers are lazy. */
  G?: boolean;
  n?: boolean;
}

export interface CompiledRegex {
  /** Position-independent, a multiple of 8 bytes. */
  program: Uint8Array;
  /** Capturing groups, the whole match not counted. */
  captures: number;
  names: Map<string, number>;
  literals: PatternLiterals;
  /** Bytes of the shortest match. */
  minLength: number;
}

const CAPTURE_LIMIT = 255;

/**
 * Compiles `pattern`, one character a byte. Throws `RegexError` for what PCRE2 refuses, for what the core does not offer
 * (see `parser.ts`), and for patterns that grow too large when their counted groups are written out.
 */
export function compileRegex(pattern: string, flags: RegexFlags = {}): CompiledRegex {
  const modifiers: Modifiers = {
    caseless: flags.i ?? false,
    multiline: flags.m ?? false,
    dotAll: flags.s ?? false,
    extended: flags.x ?? false,
    extendedMore: false,
    ungreedy: flags.G ?? false,
    noAutoCapture: flags.n ?? false,
    dollarEndOnly: flags.E ?? false,
    duplicateNames: false,
  };
  const parser = new Parser(pattern, modifiers);
  const { node, captures, names } = parser.parse();
  if (captures > CAPTURE_LIMIT) parser.cursor.fail(`more than ${CAPTURE_LIMIT} capturing groups`);
  const root = simplify(node);
  const literals = literalsOf(root);
  const program = writeProgram(root, captures, generate(root, captures), strongest(literals.required));
  if (flags.A) {
    const view = new DataView(program.buffer);
    view.setUint32(RegexHeader.Flags, view.getUint32(RegexHeader.Flags, true) | RegexFlag.AnchoredStart, true);
  }
  return { program, captures, names, literals, minLength: widthOf(root).min };
}
