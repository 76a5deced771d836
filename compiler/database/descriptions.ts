/** Descriptions of rules, gzipped in parts (DescriptionsHeader). */
import { gzipSync } from "node:zlib";
import { DescriptionsHeader } from "../../assembly/abi/database.ts";
import { Growing } from "./bytes.ts";

/** Enough for gzip to find what repeats, few enough to be read for one alert. */
const RULES_A_PART = 512;

export function writeDescriptions(descriptions: readonly object[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let from = 0; from < descriptions.length; from += RULES_A_PART)
    parts.push(gzipSync(JSON.stringify(descriptions.slice(from, from + RULES_A_PART))));
  const out = new Growing();
  out.reserve(DescriptionsHeader.size + 4 * (parts.length + 1));
  out.u32(DescriptionsHeader.rulesAPart, RULES_A_PART);
  out.u32(DescriptionsHeader.parts, parts.length);
  parts.forEach((part, i) => {
    out.u32(DescriptionsHeader.size + 4 * i, out.append(part));
  });
  out.u32(DescriptionsHeader.size + 4 * parts.length, out.length);
  return out.bytes;
}
