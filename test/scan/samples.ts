/** Small inventories and bundles for tests, with everything that a test does not speak of left plain. */
import { BundleBuilder } from "../../scan/bundle/builder.ts";
import type { Bundle, Row } from "../../scan/bundle/types.ts";
import { purlOf } from "../../scan/inventory/purl.ts";
import { type Component, type Inventory, inventorySchema, type Listener } from "../../scan/inventory/types.ts";
import { summarizeRules } from "../../scan/rules/summary.ts";

export const bullseye = { id: "debian", version: "11", codename: "bullseye" };
export const now = new Date("2025-09-01T00:00:00Z");

export function component(
  type: Component["type"],
  name: string,
  version: string,
  more: Partial<Component> = {},
): Component {
  const distro = type === "deb" ? bullseye : undefined;
  const purl = purlOf({ type, name, version, distro: more.distro ?? distro });
  return {
    id: purl,
    purl,
    type,
    name,
    version,
    ...(distro ? { distro } : {}),
    root: "/",
    paths: [],
    evidence: { kind: distro || type === "rpm" || type === "apk" ? "distro-package" : "product-file", detail: "test" },
    usage: { pids: [10], state: "running" },
    ...more,
  };
}

export function listener(port: number, owners: Component[], more: Partial<Listener> = {}): Listener {
  return {
    protocol: "tcp",
    address: "0.0.0.0",
    port,
    pid: 10,
    components: owners.map(({ id }) => id),
    root: "/",
    ...more,
  };
}

export function inventory(
  components: Component[],
  listeners: Listener[] = [],
  more: Partial<Inventory> = {},
): Inventory {
  return {
    schema: inventorySchema,
    collectedAt: now.toISOString(),
    host: { name: "test", os: "linux" },
    collectors: [{ name: "dpkg", root: "/", state: "complete", items: components.length }],
    components,
    listeners,
    ...more,
  };
}

/** Rows by `ecosystem package`, and rules in the rule language. */
export function bundleOf(rows: Record<string, Row[]>, rules = ""): Bundle {
  const builder = new BundleBuilder(rules === "" ? undefined : summarizeRules("test.rules", rules).rules);
  for (const [key, list] of Object.entries(rows)) {
    const [ecosystem, name] = key.split(" ") as [string, string];
    for (const row of list) builder.row(ecosystem, name, row);
  }
  return builder.finish().bundle;
}

/** A rule for a CVE, with further options. */
export function ruleText(
  sid: number,
  cve: string,
  options = "",
  head = "alert http $EXTERNAL_NET any -> $HTTP_SERVERS $HTTP_PORTS",
): string {
  const reference = cve ? `reference:cve,${cve.slice(4)}; ` : "";
  return `${head} (msg:"ET WEB_SERVER test ${sid}"; ${options}${reference}classtype:attempted-admin; sid:${sid}; rev:1;)`;
}
