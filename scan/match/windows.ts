/** Windows itself: a CVE is fixed when an update that fixes it, or any update that replaces such a one, is installed. */
import { windowsProductKey } from "../bundle/ecosystems.ts";
import type { Bundle } from "../bundle/types.ts";
import { type Component, evidenceConfidence, type Inventory } from "../inventory/types.ts";
import type { Judgement } from "./match.ts";

export function matchWindows(inventory: Inventory, component: Component, bundle: Bundle): Judgement[] {
  const windows = inventory.host.windows;
  const { products, supersedes } = bundle.windows;
  const product = windowsProductKey(windows?.product ?? "");
  if (windows === undefined || !Object.hasOwn(products, product)) return [];
  const covered = coveredUpdates(windows.hotfixes, supersedes);
  return Object.entries(products[product]!).map(([cve, updates]): Judgement => {
    const base = { cve, confidence: evidenceConfidence["windows-update"] };
    const by = updates.find((update) => covered.has(update));
    if (by !== undefined) {
      const through = covered.get(by);
      const how = through === by ? `KB${by} is installed` : `KB${through} is installed, which replaces KB${by}`;
      return { ...base, verdict: "fixed", fixedIn: `KB${by}`, evidence: `${component.name}: ${how}` };
    }
    const newest = [...updates].sort((a, b) => Number(a) - Number(b)).at(-1)!;
    const names = updates.slice(0, 4).map((update) => `KB${update}`);
    const evidence = `${component.name} lacks ${names.join(", ")} and every update that replaces ${names.length > 1 ? "them" : "it"}`;
    return { ...base, verdict: "vulnerable", fixedIn: `KB${newest}`, evidence };
  });
}

/** Every update that the installed ones cover, with the installed one that does. */
function coveredUpdates(hotfixes: readonly string[], supersedes: Record<string, string[]>): Map<string, string> {
  const covered = new Map<string, string>();
  for (const hotfix of hotfixes) {
    const installed = hotfix.replace(/^KB/i, "");
    const todo = [installed];
    for (let update = todo.pop(); update !== undefined; update = todo.pop()) {
      if (covered.has(update)) continue;
      covered.set(update, installed);
      if (Object.hasOwn(supersedes, update)) todo.push(...supersedes[update]!);
    }
  }
  return covered;
}
