/** The configuration of a conformance case in our terms. */
import {
  defaultConfiguration,
  isSetting,
  makeConfiguration,
  type RawConfiguration,
} from "../../hosts/node/config/configuration.ts";
import type { Configuration } from "../../hosts/node/config/schema/root.ts";
import { validate } from "../../hosts/node/config/validation.ts";

/** What the runner writes to `--config`. */
export interface CaseSettings {
  /** `none`: Suricata ran with `-k none`. */
  checksum: string;
  vars: { address: Record<string, string>; port: Record<string, string> };
  /** Whose settings the overrides change: the stock suricata.yaml, or one of the case's own, which starts from Suricata's built-in defaults. */
  base: "stock-yaml" | "own-yaml";
  /** Settings by dotted path; numbers are positions in a list. */
  overrides: Record<string, unknown>;
  drop_log: Record<string, unknown> | null;
  aux: { role: string; path: string }[];
}

type Tree = { [name: string]: unknown };

/** Files beside a case whose role is the name of a setting. */
const FILE_SETTINGS = ["classification-file", "reference-config-file", "threshold-file"];

/** Resolves a case's settings. Settings that have no meaning here are left out, each with a note. */
export async function caseConfiguration(settings: CaseSettings, note: (text: string) => void): Promise<Configuration> {
  const raw: Tree = {
    vars: { "address-groups": settings.vars.address, "port-groups": settings.vars.port },
    outputs: [{ "eve-log": { types: eventTypes(settings.drop_log), ethernet: true } }],
  };
  for (const [path, value] of Object.entries(settings.overrides)) {
    // A file's path is that of the machine the case was made on; the file itself comes with the case.
    if (FILE_SETTINGS.includes(path)) continue;
    const names = path.split(".");
    const settable = names.filter((name) => !/^\d+$/.test(name));
    if (isSetting(settable)) put(raw, names, value);
    else note(`no setting here: ${path}`);
  }
  if (settings.checksum === "none") put(raw, ["stream", "checksum-validation"], false);
  for (const { role, path } of settings.aux) if (FILE_SETTINGS.includes(role)) raw[role] = path;
  const defaults = settings.base === "own-yaml" ? "builtin" : "stock";
  const lists = listsOf(raw) as RawConfiguration;
  for (const { path, message } of validate(lists)) {
    note(`left out: ${message}`);
    remove(lists as Tree, path);
  }
  return Object.keys(lists).length === 0 ? defaultConfiguration(defaults) : makeConfiguration(lists, defaults);
}

/** Everything the runner may look at. Drops are logged only where the case asks for them. */
function eventTypes(dropLog: Record<string, unknown> | null): unknown[] {
  const alert = { payload: true, "payload-printable": true, packet: true };
  return [
    { alert },
    ...(dropLog ? [{ drop: dropLog }] : []),
    "anomaly",
    "flow",
    "stats",
    "files",
    "http",
    "dns",
    "tls",
  ];
}

function put(tree: Tree, names: readonly string[], value: unknown): void {
  const [name, ...rest] = names as [string, ...string[]];
  if (rest.length === 0) {
    tree[name] = value;
    return;
  }
  const inner = tree[name];
  const group: Tree = typeof inner === "object" && inner !== null ? (inner as Tree) : {};
  tree[name] = group;
  put(group, rest, value);
}

/** Groups whose names are all positions become lists. */
function listsOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(listsOf);
  const entries = Object.entries(value);
  if (entries.length > 0 && entries.every(([name]) => /^\d+$/.test(name))) {
    return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, item]) => listsOf(item));
  }
  return Object.fromEntries(entries.map(([name, item]) => [name, listsOf(item)]));
}

function remove(tree: Tree, path: readonly string[]): void {
  let group: Tree = tree;
  for (const name of path.slice(0, -1)) group = (group[name] ?? {}) as Tree;
  delete group[path.at(-1) ?? ""];
}
