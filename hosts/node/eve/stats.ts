/** Counters of the core as the nested `stats` object of EVE. */
import { Counter } from "../../../assembly/abi/counters.ts";
import { formatTime } from "./text.ts";

/** Names of the counters, a path each, in the order of the counter array. */
const PATHS: readonly (readonly string[])[] = Object.keys(Counter)
  .filter((name) => Number.isNaN(Number(name)) && name !== "COUNT")
  .map((name) => name.split("__"));

interface Tree {
  [name: string]: Tree | bigint;
}

/** Counters by name, nested: `tcp__sessions` becomes `tcp.sessions`. */
export function statsTree(counters: BigUint64Array): Tree {
  const tree: Tree = {};
  for (const [index, path] of PATHS.entries()) {
    let group = tree;
    for (const name of path.slice(0, -1)) {
      const existing = group[name];
      // A counter whose name is also a group's becomes that group's total.
      if (existing === undefined) group[name] = {};
      else if (typeof existing === "bigint") group[name] = { total: existing };
      group = group[name] as Tree;
    }
    const last = path.at(-1)!;
    const value = counters[index] ?? 0n;
    const existing = group[last];
    if (existing !== undefined && typeof existing !== "bigint") existing.total = value;
    else group[last] = value;
  }
  return tree;
}

/** The line of a stats event. @param time microseconds since 1970 @param uptime seconds */
export function formatStats(counters: BigUint64Array, time: number, uptime: number): string {
  const stats = treeToJson({ uptime: BigInt(uptime), ...statsTree(counters) });
  return `{"timestamp":"${formatTime(time)}","event_type":"stats","stats":${stats}}`;
}

function treeToJson(tree: Tree): string {
  const members = Object.entries(tree).map(
    ([name, value]) => `${JSON.stringify(name)}:${typeof value === "bigint" ? value : treeToJson(value)}`,
  );
  return `{${members.join(",")}}`;
}
