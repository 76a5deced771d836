import type { CollectorStatus } from "../../../scan/inventory/types.ts";

/** What a collector found, with everything that was wrong with it: a problem makes the collection partial. */
export interface Collected<T> {
  items: T[];
  problems: string[];
  /** The data this collector reads does not exist here. */
  absent?: boolean;
}

/** Runs one collector; whatever it throws becomes its status, so that one bad file never costs the whole inventory. */
export function runCollector<T>(
  name: string,
  root: string,
  statuses: CollectorStatus[],
  collect: () => Collected<T>,
): T[] {
  try {
    const { items, problems, absent } = collect();
    statuses.push({
      name,
      root,
      state: absent ? "absent" : problems.length > 0 ? "partial" : "complete",
      items: items.length,
      ...(problems.length > 0 ? { detail: summary(problems) } : {}),
    });
    return items;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    statuses.push({ name, root, state: "failed", items: 0, detail });
    return [];
  }
}

function summary(problems: readonly string[]): string {
  const shown = problems.slice(0, 3).join("; ");
  return problems.length > 3 ? `${shown}; and ${problems.length - 3} more` : shown;
}
