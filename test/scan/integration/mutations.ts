/**
 * Damaged and hostile input for every reader of the scan: bytes changed, cut, repeated. Nothing may throw where problems are
 * reported, hang, or take more than a second. The argument is the number of mutations of each (500 by default).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { collectApk } from "../../../hosts/linux/inventory/apk.ts";
import { collectDpkg } from "../../../hosts/linux/inventory/dpkg.ts";
import { collectRpm } from "../../../hosts/linux/inventory/rpm.ts";
import { RegistryExport } from "../../../hosts/windows/inventory/registry.ts";
import { hotfixesIn, parseSystemInfo } from "../../../hosts/windows/inventory/systeminfo.ts";
import { BundleBuilder } from "../../../scan/bundle/builder.ts";
import { addOsv } from "../../../scan/bundle/sources/osv.ts";
import { readJar } from "../../../scan/inventory/jars.ts";
import { MemoryTree } from "../../../scan/inventory/memory-tree.ts";
import { firstMatch } from "../../../scan/products/bounded-match.ts";
import { loadDetectors } from "../../../scan/products/catalog.ts";
import { recognizeProducts } from "../../../scan/products/recognize.ts";
import { makePe, makeZip } from "../archives.ts";
import { check, dataFolder, generator } from "./data.ts";

const data = dataFolder();
const count = Number(process.argv[2] ?? 500);
const next = generator(7);
const debian = { id: "debian", version: "11", codename: "bullseye" };
const jar = makeZip([
  { name: "META-INF/maven/a/b/pom.properties", content: Buffer.from("groupId=a\nartifactId=b\nversion=1\n") },
  { name: "x.jar", content: makeZip([{ name: "META-INF/MANIFEST.MF", content: Buffer.from("Bundle-Version: 1\n") }]) },
]);
const detectors = await loadDetectors();
const status = readFileSync(join(data, "dpkg", "synthetic.bullseye.status")).subarray(0, 20_000);
const sqlite = readFileSync(join(data, "rpmdb/cbl-mariner-2.0/rpmdb.sqlite")).subarray(0, 400_000);
const ndb = readFileSync(join(data, "rpmdb/sle15-bci/Packages.db")).subarray(0, 400_000);
const bdb = readFileSync(join(data, "rpmdb/libuuid/Packages"));
const system = readFileSync(join(data, "wesng/validation/srv_2022_systeminfo.txt"));
const registry = Buffer.from(
  'Windows Registry Editor Version 5.00\r\n\r\n[HKLM\\A]\r\n"UBR"=dword:0842\r\n"B"=hex(2):41,00\r\n',
);
const osv = Buffer.from(
  '{"id":"CVE-2020-1000","affected":[{"package":{"ecosystem":"npm","name":"x"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1"}]}]}]}',
);

/** May throw an `Error` with a message where its caller reports it; never a `TypeError`. */
const readers: [name: string, seed: Uint8Array, read: (bytes: Uint8Array) => unknown][] = [
  ["dpkg", status, (bytes) => collectDpkg(new MemoryTree({ "/var/lib/dpkg/status": bytes }), debian, "/")],
  [
    "apk",
    Buffer.from("P:a\nV:1\nA:x\n\nP:b\nV:2\nF:lib\nR:c\n\n"),
    (bytes) => collectApk(new MemoryTree({ "/lib/apk/db/installed": bytes }), undefined, "/"),
  ],
  [
    "rpm sqlite",
    sqlite,
    (bytes) => collectRpm(new MemoryTree({ "/var/lib/rpm/rpmdb.sqlite": bytes }), undefined, "/", false),
  ],
  ["rpm ndb", ndb, (bytes) => collectRpm(new MemoryTree({ "/var/lib/rpm/Packages.db": bytes }), undefined, "/", false)],
  ["rpm bdb", bdb, (bytes) => collectRpm(new MemoryTree({ "/var/lib/rpm/Packages": bytes }), undefined, "/", false)],
  ["jar", jar, (bytes) => readJar(new MemoryTree({ "/a.jar": bytes }), "/a.jar", "/")],
  [
    "pe",
    makePe("1.2.3.4"),
    (bytes) =>
      recognizeProducts(detectors, {
        tree: new MemoryTree({ "/MOVEitTransfer/bin/MOVEit.DMZ.ClassLib.dll": bytes }),
        root: "/",
      }),
  ],
  [
    "systeminfo",
    system,
    (bytes) => [
      parseSystemInfo(Buffer.from(bytes).toString("latin1"), "x"),
      hotfixesIn(Buffer.from(bytes).toString("latin1")),
    ],
  ],
  ["registry", registry, (bytes) => new RegistryExport().add(Buffer.from(bytes).toString("latin1"), "x")],
  ["osv", osv, (bytes) => addOsv(new BundleBuilder(), JSON.parse(Buffer.from(bytes).toString("latin1")))],
];

function mutate(seed: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(seed);
  const kind = next(4);
  if (kind === 0) return bytes.subarray(0, next(bytes.length + 1));
  if (kind === 1) {
    const from = next(bytes.length);
    bytes.copyWithin(next(bytes.length), from, Math.min(bytes.length, from + 1 + next(64)));
    return bytes;
  }
  // Headers and lengths stand at the start: half of the changes go there.
  const reach = next(2) === 0 ? Math.min(bytes.length, 512) : bytes.length;
  for (let i = 0; i <= next(8); i++) bytes[next(reach)] = kind === 2 ? next(256) : [0, 1, 0x7f, 0x80, 0xff][next(5)]!;
  return bytes;
}

for (const [name, seed, read] of readers) {
  let slowest = 0;
  const wrong: string[] = [];
  for (let i = 0; i < count; i++) {
    const bytes = mutate(seed);
    const started = performance.now();
    try {
      await read(bytes);
    } catch (error) {
      const told = error instanceof Error && !(error instanceof TypeError) && error.message !== "";
      if (!told) wrong.push(`${error instanceof Error ? error.stack?.split("\n").slice(0, 3).join(" ") : error}`);
    }
    slowest = Math.max(slowest, performance.now() - started);
  }
  check(
    wrong.length === 0 && slowest < 1000,
    `${name}: ${count} mutations, ${wrong.length} not reported, slowest ${slowest.toFixed(0)} ms ${wrong[0] ?? ""}`,
  );
}

// Every pattern of every detector on a megabyte of what it looks for, over and over: bounded by time, and told.
let worst = 0;
let bounded = 0;
let tried = 0;
for (const detector of detectors) {
  const patterns = [
    ...detector.version.flatMap((source) => ("pattern" in source ? [source.pattern] : [])),
    ...[...detector.requires, ...detector.excludes].flatMap(({ pattern }) => pattern ?? []),
    ...detector.mitigations.flatMap(({ present, absent }) =>
      [...present, ...absent].flatMap(({ pattern }) => pattern ?? []),
    ),
  ];
  for (const pattern of patterns) {
    for (const unit of [pattern.replace(/\\[sSdw].*$/, "").replace(/[\\^$()[\]{}?*+|]/g, ""), "\n", "1."]) {
      const text = (unit || "a").repeat(Math.ceil((1 << 20) / (unit.length || 1))).slice(0, 1 << 20);
      const started = performance.now();
      tried++;
      try {
        firstMatch(pattern, text);
      } catch {
        bounded++;
      }
      worst = Math.max(worst, performance.now() - started);
    }
  }
}
check(
  worst < 2000,
  `detector patterns: ${tried} on hostile text, ${bounded} stopped at their limit, slowest ${worst.toFixed(0)} ms`,
);
