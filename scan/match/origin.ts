/** Under which name, version and suite a package is judged: by its source, and for a rebuild by the suite it came from. */
import { debianSuite } from "../bundle/ecosystems.ts";
import type { Component } from "../inventory/types.ts";

export interface PackageView {
  ecosystem: string;
  /** Names to look up, the first that has rows counts. */
  names: string[];
  version: string;
  /** Factor on the confidence of the evidence. */
  confidence: number;
  /** How the evidence names it. */
  title: string;
}

/** Data of another distribution built from the same source, or of another suite. */
const relatedConfidence = 0.9;

export function originOf(component: Component, ecosystem: string, borrowed: boolean): PackageView[] {
  const { name, version, source } = component;
  const confidence = borrowed ? relatedConfidence : 1;
  if (component.type === "deb") {
    const names = [source?.name ?? name];
    const title = names[0] === name ? name : `${name} (source ${names[0]})`;
    const judged = { names, title, version: source?.version ?? version };
    return [...rebuilds(judged, ecosystem), { ...judged, ecosystem, confidence }];
  }
  if (component.type === "windows") {
    // Without the update build revision the build says nothing about updates.
    const revised = version.split(".").length === 4;
    return revised ? [{ ecosystem, names: ["microsoft/windows"], version, confidence, title: name }] : [];
  }
  const names = source && source.name !== name ? [name, source.name] : [name];
  if (component.type === "apk") return [{ ecosystem, names: [...names].reverse(), version, confidence, title: name }];
  // Rebuilds mark their own changes: 1.2-3.el8_4.alma.1 is the source's 1.2-3.el8_4.
  const plain = borrowed ? version.replace(/\.(?:alma|rocky|0\.1)(?:\.\d+)*$/, "") : version;
  return [{ ecosystem, names, version: plain, confidence, title: name }];
}

/**
 * A Debian package that was rebuilt for another suite: `~bpo11+1` comes from the suite after 11; `~deb11u2` and `+deb11u2`
 * were made for 11, wherever they are installed now.
 */
function rebuilds(judged: Pick<PackageView, "names" | "title" | "version">, ecosystem: string): PackageView[] {
  if (!ecosystem.startsWith("debian:")) return [];
  const backport = /^(.*?)~bpo(\d+)\+\S*$/.exec(judged.version);
  if (backport) {
    const suite = `debian:${debianSuite(`${Number(backport[2]) + 1}`)}`;
    return [{ ...judged, ecosystem: suite, version: backport[1]!, confidence: relatedConfidence }];
  }
  const update = /[~+]deb(\d+)u\d+(?:\S*)$/.exec(judged.version);
  const suite = update ? `debian:${debianSuite(update[1]!)}` : ecosystem;
  return suite === ecosystem ? [] : [{ ...judged, ecosystem: suite, confidence: relatedConfidence }];
}
