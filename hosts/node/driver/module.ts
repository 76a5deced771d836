/** The driver module of this operating system; `replay` needs none. */
import { VpatchError } from "../errors.ts";
import type { CaptureOptions, DriverModule, DriverName, DriverProbe } from "./driver.ts";

/** @throws VpatchError when there are no drivers for this system */
export async function driverModule(driver: DriverName | "auto" = "auto"): Promise<DriverModule> {
  if (driver === "replay") return (await import("./replay.ts")).replayModule;
  if (process.platform === "linux") return await import("../../linux/capture/drivers.ts");
  throw new VpatchError("VPATCH_DRIVER", `there is no capture driver for ${process.platform}`, {
    remedy: "inspect captures with vpatch replay",
  });
}

/** Drivers by preference: the first that works is taken. */
export const PREFERENCE: Readonly<Record<"detect" | "prevent", readonly DriverName[]>> = {
  detect: ["af-packet", "nfqueue", "tcx"],
  prevent: ["nfqueue", "tcx"],
};

/**
 * The driver asked for, or the first of `PREFERENCE` that works here.
 * @throws VpatchError naming what each candidate lacks
 */
export function chooseDriver(
  module: DriverModule,
  asked: DriverName | "auto",
  mode: "detect" | "prevent",
  options: CaptureOptions,
): DriverProbe {
  const candidates = asked === "auto" ? PREFERENCE[mode] : [asked];
  const probes = candidates.map((driver) => module.probe(driver, options));
  const usable = probes.find((probe) => probe.usable && (mode === "detect" || probe.inline));
  if (usable) return usable;
  const reasons = probes.map(({ driver, usable: works, missing }) =>
    works ? `${driver} sees traffic but cannot block it` : `${driver}: ${missing.join(", ")}`,
  );
  throw new VpatchError("VPATCH_DRIVER", `no driver works here (${reasons.join("; ")})`, {
    remedy: asked === "auto" ? "supply what is missing, or choose the mode detect" : "set the driver to auto",
  });
}
