/** Reads bills of materials, CycloneDX and SPDX in JSON, as an inventory: packages by their purl, nothing about what runs. */
import { componentOfPurl } from "./purl.ts";
import {
  type CollectorStatus,
  type Component,
  type Distro,
  type EvidenceKind,
  evidenceConfidence,
  type Inventory,
  inventorySchema,
} from "./types.ts";

interface CycloneDx {
  bomFormat?: string;
  metadata?: { component?: { name?: string }; timestamp?: string };
  components?: CycloneDxComponent[];
}

interface CycloneDxComponent {
  name?: string;
  version?: string;
  type?: string;
  purl?: string;
  components?: CycloneDxComponent[];
  properties?: { name?: string; value?: string }[];
}

interface Spdx {
  spdxVersion?: string;
  name?: string;
  creationInfo?: { created?: string };
  packages?: { externalRefs?: { referenceType?: string; referenceLocator?: string }[] }[];
}

/** Throws an `Error` that says what is wrong with the document. */
export function readSbom(text: string, file: string): Inventory {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}: not JSON: ${error instanceof Error ? error.message : error}`);
  }
  const cyclone = data as CycloneDx;
  if (cyclone?.bomFormat === "CycloneDX") return fromCycloneDx(cyclone, file);
  const spdx = data as Spdx;
  if (typeof spdx?.spdxVersion === "string") return fromSpdx(spdx, file);
  throw new Error(`${file}: neither a CycloneDX nor an SPDX document (bomFormat, spdxVersion)`);
}

function fromCycloneDx(bom: CycloneDx, file: string): Inventory {
  const flat = (list: readonly CycloneDxComponent[]): CycloneDxComponent[] =>
    list.flatMap((each) => [each, ...flat(each.components ?? [])]);
  const all = flat(bom.components ?? []);
  const components = all.flatMap((each) => {
    const property = (name: string): string | undefined =>
      each.properties?.find((one) => one.name === `vpatch:${name}`)?.value;
    const component = componentFrom(each.purl, file);
    if (!component) return [];
    const [, name, version] = /^(\S+) (\S+)$/.exec(property("source") ?? "") ?? [];
    const kind = property("evidence");
    const module = property("module");
    const ownedBy = property("ownedBy");
    return [
      {
        ...component,
        ...(name && version ? { source: { name, version } } : {}),
        ...(module ? { module } : {}),
        ...(ownedBy ? { ownedBy } : {}),
        ...(kind && Object.hasOwn(evidenceConfidence, kind)
          ? { evidence: { kind: kind as EvidenceKind, detail: file } }
          : {}),
      },
    ];
  });
  const system = all.find((each) => each.type === "operating-system");
  return inventoryOf(bom.metadata?.component?.name ?? file, bom.metadata?.timestamp, components, all.length, system);
}

function fromSpdx(spdx: Spdx, file: string): Inventory {
  const packages = spdx.packages ?? [];
  const purls = packages.map(
    (each) => each.externalRefs?.find((ref) => ref.referenceType === "purl")?.referenceLocator,
  );
  const components = purls.flatMap((purl) => componentFrom(purl, file) ?? []);
  return inventoryOf(spdx.name ?? file, spdx.creationInfo?.created, components, packages.length, undefined);
}

function componentFrom(purl: string | undefined, file: string): Component | undefined {
  const identity = purl === undefined ? undefined : componentOfPurl(purl);
  if (purl === undefined || identity === undefined) return undefined;
  return {
    id: purl,
    purl,
    ...identity,
    root: "/",
    paths: [],
    evidence: { kind: "sbom", detail: file },
    usage: { pids: [], state: "unknown" },
  };
}

function inventoryOf(
  name: string,
  timestamp: string | undefined,
  components: Component[],
  listed: number,
  system: CycloneDxComponent | undefined,
): Inventory {
  const unique = [...new Map(components.map((each) => [each.id, each])).values()];
  const distro = unique.find((each) => each.distro?.version || each.distro?.codename)?.distro ?? distroOf(system);
  // Packages whose purl names no release belong to the release of the rest.
  for (const each of unique)
    if (each.distro && !each.distro.version && !each.distro.codename && distro) each.distro = distro;
  const status: CollectorStatus = {
    name: "sbom",
    root: "/",
    state: "partial",
    items: unique.length,
    detail: `a bill of materials says nothing about running processes; ${listed - unique.length} of ${listed} entries carry no purl that can be judged`,
  };
  return {
    schema: inventorySchema,
    collectedAt: timestamp && !Number.isNaN(Date.parse(timestamp)) ? timestamp : new Date(0).toISOString(),
    host: { name, os: "unknown", ...(distro ? { distro } : {}) },
    collectors: [status],
    components: unique,
    listeners: [],
  };
}

function distroOf(system: CycloneDxComponent | undefined): Distro | undefined {
  return system?.name && system.version ? { id: system.name.toLowerCase(), version: system.version } : undefined;
}
