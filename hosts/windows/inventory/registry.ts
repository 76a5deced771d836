/** Registry exports (`reg export`, "Windows Registry Editor Version 5.00") as far as detectors look at them. */
import type { RegistryView } from "../../../scan/products/recognize.ts";

export class RegistryExport implements RegistryView {
  readonly #keys = new Map<string, Map<string, string>>();
  readonly #programs: { name: string; version: string; folder: string }[] = [];

  /** Reads one export; several may be added. Throws if the text is none. */
  add(text: string, file: string): void {
    if (!/^\s*(?:Windows Registry Editor Version 5\.00|REGEDIT4)/.test(text)) {
      throw new Error(`${file}: not a registry export (reg export KEY FILE)`);
    }
    let key: Map<string, string> | undefined;
    // Long binary values continue after a backslash at the line's end.
    for (const line of text.replace(/\\\r?\n\s*/g, "").split(/\r?\n/)) {
      const head = /^\[([^\]]+)\]\s*$/.exec(line);
      if (head) {
        const name = head[1]!.toLowerCase();
        key = this.#keys.get(name) ?? new Map();
        this.#keys.set(name, key);
        continue;
      }
      const value = /^(?:"((?:[^"\\]|\\.)*)"|@)=(.*)$/.exec(line);
      if (value && key) key.set((value[1] ?? "").toLowerCase(), decodeValue(value[2]!));
    }
    this.#collectPrograms();
  }

  value(key: string, name: string): string | undefined {
    return this.#keys.get(key.toLowerCase())?.get(name.toLowerCase());
  }

  programs(): readonly { name: string; version: string; folder: string }[] {
    return this.#programs;
  }

  #collectPrograms(): void {
    this.#programs.length = 0;
    for (const [key, values] of this.#keys) {
      const name = values.get("displayname");
      if (!/\\currentversion\\uninstall\\[^\\]+$/.test(key) || !name) continue;
      const folder = (values.get("installlocation") ?? "").replaceAll("\\", "/").replace(/^[a-z]:/i, "");
      this.#programs.push({ name, version: values.get("displayversion") ?? "", folder });
    }
  }
}

function decodeValue(text: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(text);
  if (quoted) return quoted[1]!.replace(/\\(["\\])/g, "$1");
  const word = /^dword:([0-9a-f]+)/i.exec(text);
  if (word) return `${Number.parseInt(word[1]!, 16)}`;
  const bytes = /^hex(?:\((?:2|7|1)\))?:(.*)$/i.exec(text);
  if (!bytes) return "";
  const raw = Buffer.from(bytes[1]!.replace(/[^0-9a-f]/gi, ""), "hex");
  return raw.toString("utf16le").replace(/\0.*$/s, "");
}
