/** Semantic Versioning 2.0.0 for npm and whatever OSV calls SEMVER; tolerant of a missing minor or patch number. */
import type { SemVer } from "semver";
import compare from "semver/functions/compare.js";
import parse from "semver/functions/parse.js";
import { type Order, orderOf } from "./order.ts";
import { compareProduct } from "./product.ts";

function normalize(version: string): SemVer | null {
  const text = version.trim().replace(/^[=v]+/i, "");
  const full = text.replace(/^(\d+)(\.\d+)?(\.\d+)?(?=$|[-+])/, (_all, major, minor = ".0", patch = ".0") => {
    return `${Number(major)}.${Number(minor.slice(1))}.${Number(patch.slice(1))}`;
  });
  return parse(full, { loose: true });
}

export function compareSemver(a: string, b: string): Order {
  const x = normalize(a);
  const y = normalize(b);
  return x && y ? orderOf(compare(x, y)) : compareProduct(a, b);
}
