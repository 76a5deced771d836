/**
 * Application detectors: how a server product that no package manager knows is recognized by its own files. One declarative
 * YAML file a product, below `scan/detectors/`; this file is their schema.
 */
import { parse } from "yaml";

export interface Detector {
  /** Name in the package URL `pkg:generic/<product>`, by which advisories refer to it. */
  product: string;
  title: string;
  /** Purl type when the ecosystem has its own (`composer` for a PHP library, `generic` otherwise). */
  type: "generic" | "composer" | "pypi" | "npm" | "maven";
  /** Directories where installers put it, `*` matching within one component; looked at even without a file walk. */
  roots: string[];
  /** Files by which the walk recognizes an installation directory: paths relative to it, one is enough. */
  markers: string[];
  /** All of these must exist too, and none of those: what tells the product from its look-alikes. */
  requires: FileFact[];
  excludes: FileFact[];
  /** Ways to learn the version, tried in order. */
  version: VersionSource[];
  mitigations: DetectorMitigation[];
  /** PHP or static content that a separate web server serves. */
  webContent: boolean;
}

/** A fact about a file below the installation directory. With `pattern`, about its text. */
export interface FileFact {
  file: string;
  pattern?: string;
}

export type VersionSource =
  /** The groups of `pattern` in the text of a file (or of an archive's entry), joined with dots; in a history, of its last match. */
  | { file: string; pattern: string; entry?: string; last?: true }
  /** The groups of `pattern` in a file's name. */
  | { name: string; pattern: string }
  /** FileVersion of a Windows executable or library. */
  | { pe: string }
  /** A value of the Windows registry, or the DisplayVersion of the installed program whose name matches. */
  | { registry: string; value: string }
  | { program: string };

export interface DetectorMitigation {
  cves: string[];
  reason: string;
  /** Every given condition must hold. */
  present: FileFact[];
  absent: FileFact[];
}

/** Reads a detector file. Errors name the file and the field. */
export function parseDetector(text: string, file: string): Detector {
  const data: unknown = parse(text);
  if (!isRecord(data)) throw new Error(`${file}: a detector must be a mapping`);
  const fields = new Fields(data, file);
  const detector: Detector = {
    product: fields.text("product"),
    title: fields.text("title"),
    type: fields.choice("type", ["generic", "composer", "pypi", "npm", "maven"], "generic"),
    roots: fields.texts("roots"),
    markers: fields.texts("markers"),
    requires: fields.facts("requires"),
    excludes: fields.facts("excludes"),
    version: fields.list("version").map((each) => versionSource(each, file)),
    mitigations: fields.list("mitigations").map((each) => {
      if (!isRecord(each)) throw new Error(`${file}: mitigations: each must be a mapping`);
      const inner = new Fields(each, `${file}: mitigations`);
      return {
        cves: inner.texts("cves"),
        reason: inner.text("reason"),
        present: inner.facts("present"),
        absent: inner.facts("absent"),
      };
    }),
    webContent: data.webContent === true,
  };
  fields.end(["webContent"]);
  if (detector.version.length === 0) throw new Error(`${file}: version: at least one way to learn it is needed`);
  return detector;
}

function versionSource(data: unknown, file: string): VersionSource {
  if (!isRecord(data)) throw new Error(`${file}: version: each must be a mapping`);
  const known = [
    ["file", "pattern"],
    ["file", "entry", "pattern"],
    ["file", "last", "pattern"],
    ["name", "pattern"],
    ["pe"],
    ["registry", "value"],
    ["program"],
  ];
  const keys = Object.keys(data).sort().join();
  if (!known.some((each) => [...each].sort().join() === keys)) {
    throw new Error(`${file}: version: ${keys} is none of ${known.map((each) => each.join("+")).join(", ")}`);
  }
  if (typeof data.pattern === "string") new RegExp(data.pattern, "m");
  return data as unknown as VersionSource;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

class Fields {
  readonly #data: Record<string, unknown>;
  readonly #file: string;
  readonly #read = new Set<string>();

  constructor(data: Record<string, unknown>, file: string) {
    this.#data = data;
    this.#file = file;
  }

  text(name: string): string {
    this.#read.add(name);
    const value = this.#data[name];
    if (typeof value !== "string" || value === "") throw new Error(`${this.#file}: ${name}: a text is needed`);
    return value;
  }

  list(name: string): unknown[] {
    this.#read.add(name);
    const value = this.#data[name] ?? [];
    if (!Array.isArray(value)) throw new Error(`${this.#file}: ${name}: a list is needed`);
    return value;
  }

  texts(name: string): string[] {
    const list = this.list(name);
    if (list.some((each) => typeof each !== "string")) throw new Error(`${this.#file}: ${name}: a list of texts`);
    return list as string[];
  }

  /** Each a path, or a mapping of `file` and `pattern`. */
  facts(name: string): FileFact[] {
    return this.list(name).map((each) => {
      if (typeof each === "string") return { file: each };
      if (isRecord(each) && typeof each.file === "string" && typeof each.pattern === "string") {
        return { file: each.file, pattern: each.pattern };
      }
      throw new Error(`${this.#file}: ${name}: each is a path, or a mapping of file and pattern`);
    });
  }

  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    this.#read.add(name);
    const value = this.#data[name] ?? fallback;
    const found = choices.find((each) => each === value);
    if (!found) throw new Error(`${this.#file}: ${name}: one of ${choices.join(", ")}`);
    return found;
  }

  end(extra: readonly string[]): void {
    const unknown = Object.keys(this.#data).find((key) => !this.#read.has(key) && !extra.includes(key));
    if (unknown) throw new Error(`${this.#file}: ${unknown}: there is no such field`);
  }
}
