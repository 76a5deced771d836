/** Sizes as suricata.yaml writes them: a number of bytes, or a number with a unit (`32mb`, `1 MiB`, `2.5kb`). Units are powers of 1024. */

const UNITS: Record<string, number> = {
  "": 1,
  b: 1,
  kb: 1024,
  kib: 1024,
  mb: 1024 ** 2,
  mib: 1024 ** 2,
  gb: 1024 ** 3,
  gib: 1024 ** 3,
};

/** The form of a size, for the schema. */
export const SIZE_PATTERN = "^\\s*[0-9]+(\\.[0-9]+)?\\s*([kKmMgG][iI]?)?[bB]?\\s*$";

/** Bytes of a size, at most 2^53 - 1; `undefined` when it is not one. */
export function parseSize(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== "string") return undefined;
  const found = /^\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*$/i.exec(value);
  const unit = UNITS[found?.[2]?.toLowerCase() ?? "?"];
  if (!found || unit === undefined) return undefined;
  const bytes = Math.floor(Number(found[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
