/** What the scan's commands share: the inventory asked for, the bundle and keys in force, the policy, errors in our style. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defaultPolicy, type ScanPolicy } from "../../../scan/assign/eligibility.ts";
import { ruleKey } from "../../../scan/assign/types.ts";
import { withCompanions } from "../../../scan/bundle/builder.ts";
import { readInventory } from "../../../scan/inventory/read.ts";
import { readSbom } from "../../../scan/inventory/sbom.ts";
import type { Inventory } from "../../../scan/inventory/types.ts";
import { ownBundleFolder, packageFolder } from "../../../scan/package-folder.ts";
import { loadDetectors } from "../../../scan/products/catalog.ts";
import { summarizeRules } from "../../../scan/rules/summary.ts";
import { type BundleInForce, bundleInForce } from "../../../scan/store/bundle-store.ts";
import { ExitCode, fileError, VpatchError } from "../errors.ts";
import { type RuleSource, readRuleFiles, readText } from "../rules/files.ts";

export interface ScanOptions {
  root: string;
  inventory?: string;
  sbom?: string;
  windowsExport?: string;
  walk: boolean;
  rules?: string[];
  state: string;
  key?: string[];
  mode: string;
  minConfidence: string;
  recommendOnly?: boolean;
  disabledRules?: boolean;
}

/** Errors of the scan's rooms, which know nothing of the host's, come out in its style. */
export async function reporting<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof VpatchError) throw error;
    const code = (error as NodeJS.ErrnoException | null)?.code;
    const path = (error as NodeJS.ErrnoException | null)?.path;
    if (typeof code === "string" && typeof path === "string") throw fileError(error, path);
    if (error instanceof TypeError || error instanceof ReferenceError) throw error;
    throw new VpatchError("VPATCH_SCAN", error instanceof Error ? error.message : `${error}`, { cause: error });
  }
}

export function policyOf(options: ScanOptions): ScanPolicy {
  const minimumConfidence = Number(options.minConfidence);
  if (!(minimumConfidence >= 0 && minimumConfidence <= 1)) {
    throw new VpatchError("VPATCH_USAGE", `--min-confidence ${options.minConfidence} is no number from 0 to 1`, {
      exitCode: ExitCode.Usage,
    });
  }
  return {
    ...defaultPolicy,
    mode: modeOf(options.mode),
    minimumConfidence,
    automatic: !options.recommendOnly,
    disabledRules: options.disabledRules ?? false,
  };
}

export function modeOf(text: string): "detect" | "prevent" {
  if (text === "detect" || text === "prevent") return text;
  throw new VpatchError("VPATCH_USAGE", `--mode ${text} is neither detect nor prevent`, { exitCode: ExitCode.Usage });
}

export async function inventoryOf(options: ScanOptions): Promise<Inventory> {
  const given = [options.inventory, options.sbom, options.windowsExport].filter((each) => each !== undefined);
  if (given.length > 1) {
    throw new VpatchError("VPATCH_USAGE", "only one of --inventory, --sbom and --windows-export can be given", {
      exitCode: ExitCode.Usage,
    });
  }
  if (options.inventory !== undefined) return readInventory(readText(options.inventory), options.inventory);
  if (options.sbom !== undefined) return readSbom(readText(options.sbom), options.sbom);
  if (options.windowsExport !== undefined) {
    const { collectWindows } = await import("../../windows/inventory/collect.ts");
    return collectWindows(options.windowsExport, await loadDetectors());
  }
  const { collectLinux } = await import("../../linux/inventory/collect.ts");
  return collectLinux({ root: options.root, walk: options.walk, detectors: await loadDetectors() });
}

export function trustedKeys(options: { key?: string[]; state: string }): string[] {
  if (options.key !== undefined) return options.key.map(readText);
  const folder = join(options.state, "keys");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".pem"))
    .map((name) => readText(join(folder, name)));
}

export const bundleFolder = (state: string): string => join(state, "bundle");
export const assignmentsPath = (state: string): string => join(state, "assignments.json");

/** Rules come from `--rules`; else from the bundle and from the signatures of the package. */
export function bundleFor(options: ScanOptions, now: Date): BundleInForce & { rules: RuleSource[] } {
  const own = ownBundleFolder();
  if (!existsSync(own)) {
    throw new VpatchError("VPATCH_SCAN", "the bundle of the package is not built", {
      remedy: "run npm run build:bundle",
    });
  }
  const used = bundleInForce(bundleFolder(options.state), own, { keys: trustedKeys(options), now });
  const rules = readRuleFiles(options.rules ?? [join(packageFolder(), "signatures")]);
  const summaries = rules.flatMap(({ file, text }) => summarizeRules(file, text).rules);
  const all = new Map((options.rules ? [] : used.bundle.rules).map((rule) => [ruleKey(rule), rule]));
  for (const rule of summaries) all.set(ruleKey(rule), rule);
  const known = withCompanions([...all.values()], new Set(Object.keys(used.bundle.cves)));
  return { ...used, bundle: { ...used.bundle, rules: known }, rules };
}

/** Standard output, or a file. */
export function emit(text: string, file: string | undefined): void {
  if (file === undefined) process.stdout.write(`${text}\n`);
  else writeText(file, `${text}\n`);
}

export function writeText(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw fileError(error, file);
  }
}
