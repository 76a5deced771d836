/** The inline drivers that are put to the test. Every one of them must work here: a kernel without one fails the suite when CI is true. */
import { uniformPolicy } from "../../hosts/node/driver/driver.ts";
import { driverModule } from "../../hosts/node/driver/module.ts";

const wanted = ["nfqueue", "tcx", "bridge"] as const;
const module = await driverModule();
const probes = wanted.map((driver) =>
  module.probe(driver, {
    interfaces: driver === "bridge" ? ["lo", "lo"] : ["lo"],
    workers: 1,
    failure: uniformPolicy(driver === "bridge" ? "closed" : "open"),
  }),
);
for (const { driver, usable, missing } of probes) {
  if (usable) continue;
  console.log(`${driver} skipped: it needs ${missing.join(", ")}`);
  if (process.env.CI === "true") process.exitCode = 1;
}

export const INLINE = wanted.filter((_, index) => probes[index]!.usable);
