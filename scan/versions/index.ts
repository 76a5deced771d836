/** Version comparison for each ecosystem that an inventory or a vulnerability bundle may name. */
import { compareApk } from "./apk.ts";
import { compareDpkg } from "./dpkg.ts";
import { compareGem } from "./gem.ts";
import { compareMaven } from "./maven.ts";
import type { CompareVersions } from "./order.ts";
import { comparePackagist } from "./packagist.ts";
import { compareProduct } from "./product.ts";
import { comparePypi } from "./pypi.ts";
import { compareRpm } from "./rpm.ts";
import { compareSemver } from "./semver.ts";

export type { CompareVersions, Order } from "./order.ts";

/** Package types of the purl specification, by the order of their versions. */
const byType: Record<string, CompareVersions> = {
  deb: compareDpkg,
  rpm: compareRpm,
  apk: compareApk,
  maven: compareMaven,
  pypi: comparePypi,
  npm: compareSemver,
  golang: compareSemver,
  cargo: compareSemver,
  composer: comparePackagist,
  nuget: compareProduct,
  gem: compareGem,
  generic: compareProduct,
  bitnami: compareProduct,
  windows: compareProduct,
};

/** The comparison for a purl type; a type we do not know compares as a product does. */
export function versionComparer(purlType: string): CompareVersions {
  return byType[purlType] ?? compareProduct;
}
