/** Semantic Versioning 2.0.0 for npm and whatever OSV calls SEMVER; tolerant of a missing minor or patch number. */
import semver from "semver";
import { type Order, orderOf } from "./order.ts";
import { compareProduct } from "./product.ts";

function normalize(version: string): semver.SemVer | null {
  const text = version.trim().replace(/^[=v]+/i, "");
  const full = text.replace(/^(\d+)(\.\d+)?(\.\d+)?(?=$|[-+])/, (_all, major, minor = ".0", patch = ".0") => {
    return `${Number(major)}.${Number(minor.slice(1))}.${Number(patch.slice(1))}`;
  });
  return semver.parse(full, { loose: true });
}

export function compareSemver(a: string, b: string): Order {
  const x = normalize(a);
  const y = normalize(b);
  return x && y ? orderOf(semver.compare(x, y)) : compareProduct(a, b);
}
