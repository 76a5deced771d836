import { type FileTree, readText } from "../../../scan/inventory/file-tree.ts";
import type { Distro } from "../../../scan/inventory/types.ts";

/** Reads `/etc/os-release` (os-release(5)), with the older files of systems that have none. */
export function readDistro(tree: FileTree): Distro | undefined {
  const text = readText(tree, "/etc/os-release") ?? readText(tree, "/usr/lib/os-release");
  if (text === undefined) return olderDistro(tree);
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^([A-Z_]+)=(["']?)(.*?)\2\s*$/.exec(line);
    if (match) fields.set(match[1]!, match[3]!);
  }
  const id = fields.get("ID");
  if (!id) return olderDistro(tree);
  const codename = fields.get("VERSION_CODENAME") ?? /\((\w+)\)/.exec(fields.get("VERSION") ?? "")?.[1];
  const like = fields.get("ID_LIKE")?.split(/\s+/);
  return {
    id,
    version: fields.get("VERSION_ID") ?? "",
    ...(codename ? { codename: codename.toLowerCase() } : {}),
    ...(like ? { like } : {}),
  };
}

function olderDistro(tree: FileTree): Distro | undefined {
  const debian = readText(tree, "/etc/debian_version")?.trim();
  if (debian) return { id: "debian", version: /^\d+/.exec(debian)?.[0] ?? debian };
  const alpine = readText(tree, "/etc/alpine-release")?.trim();
  if (alpine) return { id: "alpine", version: alpine };
  const redhat = readText(tree, "/etc/redhat-release");
  const match = /^(.*?) release (\d+(?:\.\d+)?)/.exec(redhat ?? "");
  if (!match) return undefined;
  const id = /centos/i.test(match[1]!) ? "centos" : /oracle/i.test(match[1]!) ? "ol" : "rhel";
  return { id, version: match[2]!, like: ["rhel"] };
}
