import type { Component, ComponentType, Distro } from "../../../scan/inventory/types.ts";

interface PackageParts {
  type: ComponentType;
  name: string;
  version: string;
  arch?: string | undefined;
  source?: { name: string; version: string } | undefined;
  module?: string | undefined;
  distro?: Distro | undefined;
  thirdParty?: boolean | undefined;
  root: string;
  purl: string;
  detail: string;
}

/** A component that a distribution's package manager vouches for. */
export function packageComponent(parts: PackageParts): Component {
  return {
    id: parts.root === "/" ? parts.purl : `${parts.purl}#${parts.root}`,
    purl: parts.purl,
    type: parts.type,
    name: parts.name,
    version: parts.version,
    ...(parts.arch ? { arch: parts.arch } : {}),
    ...(parts.source ? { source: parts.source } : {}),
    ...(parts.module ? { module: parts.module } : {}),
    ...(parts.distro ? { distro: parts.distro } : {}),
    ...(parts.thirdParty ? { thirdParty: true } : {}),
    root: parts.root,
    paths: [],
    evidence: { kind: "distro-package", detail: parts.detail },
    usage: { pids: [], state: "unknown" },
  };
}
