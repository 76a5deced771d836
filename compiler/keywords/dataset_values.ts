/** Values of a set as they stand in its file, one a line. Suricata manual, "Datasets", "File formats". */
import { parseIPv4, parseIPv6 } from "../ip.ts";
import { RuleError } from "../rule/problem.ts";
import type { Dataset } from "../signature/shared.ts";

const DIGEST_BYTES = { md5: 16, sha256: 32 } as const;

/**
 * Strings stand in the file in base64, digests in hexadecimal, addresses as usual; what follows a comma is not looked at. Addresses of
 * type `ip` are 16 bytes, IPv4 in the first four.
 * @throws RuleError
 */
export function* parseSetValues(source: string, type: Dataset["type"], file: string): Generator<Uint8Array> {
  let line = 0;
  for (const text of source.split("\n")) {
    line += 1;
    const value = text.trim().split(",")[0]!;
    if (value !== "") yield parseValue(value, type, `line ${line} of "${file}"`);
  }
}

function parseValue(value: string, type: Dataset["type"], where: string): Uint8Array {
  switch (type) {
    case "string":
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw new RuleError(`${where} is not base64`);
      return Uint8Array.from(Buffer.from(value, "base64"));
    case "md5":
    case "sha256":
      if (!/^[0-9a-fA-F]+$/.test(value) || value.length !== DIGEST_BYTES[type] * 2) {
        throw new RuleError(`${where} is not a ${type} digest`);
      }
      return Uint8Array.from(Buffer.from(value, "hex"));
    default: {
      const address = addressBytes(value);
      if (address === undefined || (type === "ipv4" && address.length !== 4)) {
        throw new RuleError(`${where} is not an address of type ${type}`);
      }
      if (type === "ipv4" || address.length === 16) return address;
      const padded = new Uint8Array(16);
      padded.set(address);
      return padded;
    }
  }
}

/** Bytes of an address; IPv4 mapped into IPv6 counts as IPv4. */
function addressBytes(text: string): Uint8Array | undefined {
  const v4 = parseIPv4(text);
  if (v4 !== undefined) return Uint8Array.of(v4 >>> 24, v4 >>> 16, v4 >>> 8, v4);
  const v6 = parseIPv6(text);
  if (v6 === undefined) return undefined;
  const hex = v6.toString(16).padStart(32, "0");
  const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
  return hex.startsWith("00000000000000000000ffff") ? bytes.slice(12) : bytes;
}
