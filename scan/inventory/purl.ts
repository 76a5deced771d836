/** Package URLs of components (purl specification, through packageurl-js). */
import { PackageURL } from "packageurl-js";
import type { Component, ComponentType, Distro } from "./types.ts";

const types = new Set<string>([
  ...["deb", "rpm", "apk", "maven", "npm", "pypi", "composer", "gem", "nuget", "golang", "generic"],
]);

interface PurlParts {
  type: ComponentType;
  name: string;
  version: string;
  arch?: string | undefined;
  distro?: Distro | undefined;
}

/** Splits the ecosystem's own name into purl namespace and name. */
function namespaceOf(type: ComponentType, name: string, distro: Distro | undefined): [string | undefined, string] {
  if (type === "deb" || type === "rpm" || type === "apk") return [distro?.id, name];
  const separator = type === "maven" ? ":" : "/";
  const at = name.lastIndexOf(separator);
  return at < 0 ? [undefined, name] : [name.slice(0, at), name.slice(at + 1)];
}

export function purlOf(parts: PurlParts): string {
  const [namespace, name] = namespaceOf(parts.type, parts.name, parts.distro);
  const qualifiers: Record<string, string> = {};
  if (parts.arch) qualifiers.arch = parts.arch;
  if (parts.distro) qualifiers.distro = `${parts.distro.id}-${parts.distro.version}`;
  const given = Object.keys(qualifiers).length > 0 ? qualifiers : undefined;
  // A jar without coordinates has no group, which the maven type demands.
  const type = parts.type === "windows" || (parts.type === "maven" && !namespace) ? "generic" : parts.type;
  try {
    return new PackageURL(type, namespace, name, parts.version, given, undefined).toString();
  } catch {
    // A name that its type forbids (from a damaged metadata file) is still told apart by its text.
    return new PackageURL("generic", undefined, parts.name, parts.version, undefined, undefined).toString();
  }
}

/** The identity of a component that a purl names; `undefined` for a purl type the scan does not judge, or a bad purl. */
export function componentOfPurl(
  text: string,
): Pick<Component, "type" | "name" | "version" | "arch" | "distro" | "source"> | undefined {
  let purl: PackageURL;
  try {
    purl = PackageURL.fromString(text);
  } catch {
    return undefined;
  }
  if (!types.has(purl.type) || !purl.version) return undefined;
  const type = purl.type as ComponentType;
  const distribution = type === "deb" || type === "rpm" || type === "apk";
  const separator = type === "maven" ? ":" : "/";
  const name = distribution || !purl.namespace ? purl.name : `${purl.namespace}${separator}${purl.name}`;
  const qualifiers = (purl.qualifiers ?? {}) as Record<string, string>;
  const epoch = qualifiers.epoch;
  const version = epoch && !purl.version.includes(":") ? `${epoch}:${purl.version}` : purl.version;
  const distro = distribution ? distroOf(purl.namespace ?? "", qualifiers.distro) : undefined;
  const upstream = qualifiers.upstream;
  return {
    type,
    name,
    version,
    ...(qualifiers.arch ? { arch: qualifiers.arch } : {}),
    ...(distro ? { distro } : {}),
    ...(upstream ? { source: sourceOf(upstream, version) } : {}),
  };
}

/** `debian-11`, `11` or a code name. */
function distroOf(namespace: string, qualifier: string | undefined): Distro | undefined {
  if (!qualifier) return namespace ? { id: namespace, version: "" } : undefined;
  const match = /^(?:(.+)-)?v?(\d[\d.]*)$/.exec(qualifier);
  if (match) return { id: match[1] ?? namespace, version: match[2] ?? "" };
  return { id: namespace, version: "", codename: qualifier };
}

/** `upstream=name` or `upstream=name@version`, as syft writes it; a source rpm's file name for rpm. */
function sourceOf(upstream: string, version: string): { name: string; version: string } {
  const rpm = /^(.+)-([^-]+-[^-]+)\.src\.rpm$/.exec(upstream);
  if (rpm) return { name: rpm[1]!, version: rpm[2]! };
  const at = upstream.lastIndexOf("@");
  return at > 0 ? { name: upstream.slice(0, at), version: upstream.slice(at + 1) } : { name: upstream, version };
}
