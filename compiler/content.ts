/** Content patterns: text with `|hex|` runs and backslash escapes to bytes. */
import { RuleError } from "./rule/problem.ts";

/** Longest pattern Suricata takes. */
export const MAX_PATTERN = 65535;

const encoder = new TextEncoder();

/**
 * Decodes a pattern (without its quotes). Between pipes stand hexadecimal bytes, blanks and commas; elsewhere `\`
 * escapes one of `;` `:` `"` `\`. @throws RuleError
 */
export function parsePattern(text: string): Uint8Array {
  if (text === "") throw new RuleError("the pattern is empty");
  const bytes: number[] = [];
  let hex = false;
  let digits = "";
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i]!;
    if (c === "|") {
      if (hex && digits !== "") throw new RuleError(`odd number of hexadecimal digits in "${text}"`);
      hex = !hex;
    } else if (hex) {
      if (/[0-9a-fA-F]/.test(c)) {
        digits += c;
        if (digits.length === 2) {
          bytes.push(Number.parseInt(digits, 16));
          digits = "";
        }
      } else if (c !== " " && c !== ",") {
        throw new RuleError(`"${c}" is not a hexadecimal digit in "${text}"`);
      }
    } else if (c === "\\") {
      i += 1;
      const escaped = text[i];
      if (escaped === undefined || !':;\\"'.includes(escaped)) {
        throw new RuleError(`"\\${escaped ?? ""}" is not an escape in "${text}"`, {
          advice: String.raw`write a literal backslash as \\ or |5c|`,
        });
      }
      bytes.push(escaped.charCodeAt(0));
    } else if (c === '"') {
      throw new RuleError(`an unescaped double quote in "${text}"`, { advice: String.raw`write \" or |22|` });
    } else if (c.charCodeAt(0) < 0x80) {
      bytes.push(c.charCodeAt(0));
    } else {
      const character = String.fromCodePoint(text.codePointAt(i)!);
      bytes.push(...encoder.encode(character));
      i += character.length - 1;
    }
  }
  if (hex) throw new RuleError(`an opening "|" without a closing one in "${text}"`);
  if (bytes.length === 0) throw new RuleError("the pattern is empty");
  if (bytes.length > MAX_PATTERN) throw new RuleError(`the pattern has ${bytes.length} bytes, above ${MAX_PATTERN}`);
  return Uint8Array.from(bytes);
}

/** True when lower and upper case of the pattern differ, that is when `nocase` means something. */
export function hasLetters(pattern: Uint8Array): boolean {
  return pattern.some(isLetter);
}

/** ASCII lower case, as `nocase` compares. */
export function lowerCase(pattern: Uint8Array): Uint8Array {
  return pattern.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));
}

function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}
