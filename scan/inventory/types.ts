/**
 * The inventory: what is installed on a host, what of it runs and what listens. Written by a collector (hosts/linux,
 * hosts/windows, or the POSIX sh collector on a host too old for Node), read by the matcher. Plain JSON.
 */

export const inventorySchema = "vpatch-inventory/1";

export interface Inventory {
  schema: typeof inventorySchema;
  /** ISO 8601, UTC. */
  collectedAt: string;
  host: HostIdentity;
  /** One entry a collector and root. Nothing is retired unless every entry is `complete` or `absent`. */
  collectors: CollectorStatus[];
  components: Component[];
  listeners: Listener[];
}

export interface HostIdentity {
  name: string;
  os: "linux" | "windows" | "unknown";
  arch?: string;
  distro?: Distro;
  /** `uname -r` of the running kernel. */
  kernel?: string;
  windows?: WindowsIdentity;
}

/** `/etc/os-release`: ID, VERSION_ID, VERSION_CODENAME and ID_LIKE. */
export interface Distro {
  id: string;
  version: string;
  codename?: string;
  like?: string[];
}

export interface WindowsIdentity {
  /** As bulletins name it: "Windows Server 2012 R2", "Windows 10 Version 1809 for x64-based Systems". */
  product: string;
  /** "10.0.17763", with the update build revision as a fourth number when known. */
  build: string;
  hotfixes: string[];
}

export interface CollectorStatus {
  name: string;
  /** "/" or the identity of a container's root. */
  root: string;
  /** `absent`: this kind of data does not exist on the host. `partial`: some of it could not be read. */
  state: "complete" | "partial" | "failed" | "absent";
  items: number;
  detail?: string;
}

/** Package types of the purl specification, with `generic` for server products and `windows` for the system itself. */
export type ComponentType =
  | "deb"
  | "rpm"
  | "apk"
  | "maven"
  | "npm"
  | "pypi"
  | "composer"
  | "gem"
  | "nuget"
  | "golang"
  | "generic"
  | "windows";

/** How a version is known; each kind has its confidence (`evidenceConfidence`). */
export type EvidenceKind =
  | "distro-package"
  | "windows-update"
  | "pom-properties"
  | "package-metadata"
  | "product-file"
  | "sbom"
  | "file-name"
  | "banner";

export const evidenceConfidence: Readonly<Record<EvidenceKind, number>> = {
  "distro-package": 0.95,
  "windows-update": 0.9,
  "pom-properties": 0.9,
  "package-metadata": 0.9,
  "product-file": 0.8,
  sbom: 0.8,
  "file-name": 0.5,
  banner: 0.3,
};

export interface Component {
  /** Unique within the inventory: the purl, with root and path where the same package stands in several places. */
  id: string;
  purl: string;
  type: ComponentType;
  /** Name as the ecosystem writes it; `group:artifact` for maven, the product id for generic. */
  name: string;
  version: string;
  arch?: string;
  /** Source package, where the distribution judges by it. */
  source?: { name: string; version: string };
  /** rpm module label, `name:stream:version:context`. */
  module?: string;
  distro?: Distro;
  /** A package that the distribution did not make: its data say nothing about it, its files are looked into. */
  thirdParty?: boolean;
  root: string;
  /** Where it lies; empty for a distro package. */
  paths: string[];
  evidence: { kind: EvidenceKind; detail: string };
  /** Id of the distro package that owns the files: then that package's data alone judge it. */
  ownedBy?: string;
  usage: Usage;
  /** CVEs that a setting or a removed file takes away, with the fact that says so. */
  mitigations?: Mitigation[];
  /** Served by whatever web server runs on the host (PHP applications): exposed when one listens. */
  webContent?: boolean;
}

export interface Usage {
  /** Process ids that execute or map its files. Empty: installed only, or not known. */
  pids: number[];
  /** `running`: a process uses it; `loaded`: it is the running kernel; `unknown`: processes could not be read. */
  state: "running" | "loaded" | "installed" | "unknown";
  /** A process still executes files that were replaced on disk. */
  restartPending?: boolean;
  /** Version that such a process runs, where the package manager's log tells. */
  runningVersion?: string;
}

export interface Mitigation {
  cves: string[];
  reason: string;
}

export interface Listener {
  protocol: "tcp" | "udp";
  address: string;
  port: number;
  pid?: number;
  /** Executable of the owner. */
  executable?: string;
  /** Ids of the components that the owner runs. Empty with no pid: the owner is unknown, and counts as exposed. */
  components: string[];
  root: string;
}

/** A listener that only this host can reach. */
export function isLoopback(address: string): boolean {
  return address === "::1" || /^(?:::ffff:)?127\./.test(address);
}

/** True when nothing is missing from the inventory: only then may an assignment move towards retirement. */
export function isComplete(inventory: Inventory): boolean {
  return inventory.collectors.every((each) => each.state === "complete" || each.state === "absent");
}
