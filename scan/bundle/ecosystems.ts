/** Keys under which a bundle files its rows, from OSV's names and from what a host says of itself. */
import type { Component, Distro } from "../inventory/types.ts";

const debianSuites: Record<string, string> = {
  "6": "squeeze",
  "7": "wheezy",
  "8": "jessie",
  "9": "stretch",
  "10": "buster",
  "11": "bullseye",
  "12": "bookworm",
  "13": "trixie",
  "14": "forky",
};

/** OSV ecosystems (ossf.github.io/osv-schema, "Defined ecosystems") that have no release. */
const languages: Record<string, string> = {
  npm: "npm",
  PyPI: "pypi",
  Maven: "maven",
  Packagist: "composer",
  RubyGems: "gem",
  NuGet: "nuget",
  Go: "golang",
  Bitnami: "bitnami",
};

/** Key of an OSV ecosystem string such as `Debian:11` or `Ubuntu:20.04:LTS`; `undefined` for one we do not judge. */
export function ecosystemKey(osv: string): string | undefined {
  const [name = "", ...rest] = osv.split(":");
  const release = rest.join(":");
  if (Object.hasOwn(languages, name)) return languages[name];
  switch (name) {
    case "Debian":
      return `debian:${debianSuites[release] ?? release}`;
    case "Ubuntu":
      return `ubuntu:${/\d+\.\d+/.exec(release)?.[0] ?? release}`;
    case "AlmaLinux":
      return `almalinux:${major(release)}`;
    case "Rocky Linux":
      return `rocky:${major(release)}`;
    case "Red Hat":
      return `rhel:${/enterprise_linux(?:_\w+)?:(\d+)/.exec(release)?.[1] ?? release}`;
    case "SUSE":
    case "openSUSE":
      return suseKey(release);
    case "Alpine":
      return `alpine:${release}`;
    default:
      return undefined;
  }
}

/** "Linux Enterprise Server 15 SP4" and "Leap 15.4" are 15.4; modules of the server share its packages. */
function suseKey(release: string): string | undefined {
  const match = /(\d+)(?:\.(\d+)| SP(\d+))?/.exec(release);
  if (!match) return undefined;
  const update = match[2] ?? match[3];
  return `suse:${match[1]}${update ? `.${update}` : ""}`;
}

const major = (version: string): string => version.split(".")[0] ?? "";

export interface EcosystemView {
  key: string;
  /** Data of a rebuilt or related distribution: the version counts, with less confidence. */
  borrowed: boolean;
}

/** Where to look for rows about a component, best first. */
export function ecosystemsOf(component: Component): EcosystemView[] {
  switch (component.type) {
    case "deb":
    case "rpm":
    case "apk":
      return component.distro ? distroKeys(component.distro) : [];
    default:
      return [{ key: component.type, borrowed: false }];
  }
}

function distroKeys(distro: Distro): EcosystemView[] {
  const own = (key: string): EcosystemView => ({ key, borrowed: false });
  const borrowed = (key: string): EcosystemView => ({ key, borrowed: true });
  const release = major(distro.version);
  switch (distro.id) {
    case "debian":
      return [own(`debian:${distro.codename ?? debianSuites[release] ?? distro.version}`)];
    case "raspbian":
      return [borrowed(`debian:${distro.codename ?? debianSuites[release] ?? distro.version}`)];
    case "ubuntu":
      return [own(`ubuntu:${distro.version}`)];
    case "alpine":
      return [own(`alpine:v${distro.version.split(".").slice(0, 2).join(".")}`)];
    case "sles":
    case "sled":
    case "opensuse-leap":
      return [own(`suse:${distro.version}`)];
    case "almalinux":
    case "rhel":
    case "rocky":
    case "centos":
    case "ol": {
      // Rebuilds of one source: whoever has data answers for the others.
      const others = ["almalinux", "rhel", "rocky"].filter((each) => each !== distro.id);
      return [own(`${distro.id}:${release}`), ...others.map((each) => borrowed(`${each}:${release}`))];
    }
    default:
      return [own(`${distro.id}:${distro.version}`)];
  }
}

/** Suite name of a Debian release number or name. */
export function debianSuite(release: string): string {
  return debianSuites[release] ?? release;
}

/** Bulletins spell one product in several ways: with capitals, with spaces at the end, as 1507 or without. */
export function windowsProductKey(name: string): string {
  return name.trim().replace(/\s+/g, " ").toLowerCase().replace(" version 1507", "");
}
