/** The running kernel against the installed kernel packages. */
import type { Component } from "../../../scan/inventory/types.ts";

export interface RunningKernel {
  /** `uname -r`. */
  release: string;
  /** `uname -v`; Debian and Ubuntu write the package's exact version into it. */
  version: string;
}

const kernelPackage = /^(?:linux-image-|kernel(?:-core|-default|-PAE|-rt-core|-lt|-ml|-uek-core|-uek)?$)/;

/**
 * Marks the package of the running kernel as loaded, with the version that runs if that differs from the one on disk; the
 * other kernels stay "installed": they protect nobody and endanger nobody until the next boot.
 */
export function linkKernel(components: readonly Component[], kernel: RunningKernel | undefined): void {
  const kernels = components.filter((each) => each.evidence.kind === "distro-package" && kernelPackage.test(each.name));
  if (kernel === undefined) return;
  for (const each of kernels) {
    if (!isRunning(each, kernel.release)) {
      each.usage = { pids: [], state: "installed" };
      continue;
    }
    each.usage = { pids: [], state: "loaded" };
    const exact = /(?:Debian|Ubuntu) (\d\S+)/.exec(kernel.version)?.[1];
    if (each.type === "deb" && exact && exact !== each.version) {
      each.usage.restartPending = true;
      each.usage.runningVersion = exact;
    }
  }
  // No kernel package carries the running release: the kernel on disk was replaced, the old one still runs.
  if (kernels.length > 0 && !kernels.some((each) => each.usage.state === "loaded")) {
    for (const each of kernels) {
      const version = runningRpmVersion(each, kernel.release);
      if (version) each.usage = { pids: [], state: "loaded", restartPending: true, runningVersion: version };
    }
  }
}

function isRunning(component: Component, release: string): boolean {
  if (component.type === "deb") return component.name === `linux-image-${release}`;
  return release === `${component.version.replace(/^\d+:/, "")}.${component.arch}`;
}

function runningRpmVersion(component: Component, release: string): string | undefined {
  const suffix = `.${component.arch}`;
  return component.type === "rpm" && release.endsWith(suffix) ? release.slice(0, -suffix.length) : undefined;
}

/** Installed kernels that do not run. A finding on one of them is not a finding on the host. */
export function isKernel(component: Component): boolean {
  return kernelPackage.test(component.name);
}
