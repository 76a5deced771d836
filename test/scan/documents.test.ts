/** Documents of others: bills of materials in and out, VEX, and our own inventory file. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Ajv } from "ajv";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { emptyAssignments } from "../../scan/assign/types.ts";
import { readInventory } from "../../scan/inventory/read.ts";
import { readSbom } from "../../scan/inventory/sbom.ts";
import { matchInventory } from "../../scan/match/match.ts";
import { findingsVex, inventoryBom } from "../../scan/report/cyclonedx.ts";
import { bundleOf, component, inventory, listener, now } from "./samples.ts";

const cve = "CVE-2021-41773";
const rows = { "debian:bullseye apache2": [{ cves: [cve], ranges: [{ introduced: "0", fixed: "2.4.50-1" }] }] };
const apache = component("deb", "apache2-bin", "2.4.49-1", { source: { name: "apache2", version: "2.4.49-1" } });
const product = component("generic", "a/b", "1.0 update 3");
const scanned = inventory([apache, product], [listener(80, [apache])]);

/** The official schema of CycloneDX 1.6, as the library ships it. */
function schemaErrors(document: string): string {
  const library = createRequire(import.meta.url).resolve("@cyclonedx/cyclonedx-library");
  const folder = join(dirname(library), "..", "res", "schema");
  const load = (name: string): object => JSON.parse(readFileSync(join(folder, name), "utf8")) as object;
  const ajv = new Ajv({ strict: false, validateFormats: false });
  for (const name of ["spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json"])
    ajv.addSchema(load(name), `http://cyclonedx.org/schema/${name}`);
  const validate = ajv.compile(load("bom-1.6.SNAPSHOT.schema.json"));
  return validate(JSON.parse(document)) ? "" : ajv.errorsText(validate.errors);
}

test("the inventory as CycloneDX is valid, and comes back with the same verdicts", () => {
  const bom = inventoryBom(scanned);
  assert.is(schemaErrors(bom), "");
  const back = readSbom(bom, "bom.json");
  assert.equal(
    back.components.map(({ purl }) => purl),
    [apache.purl, product.purl],
  );
  const verdicts = (each: typeof scanned) =>
    matchInventory(each, bundleOf(rows)).map(({ verdict, evidence }) => `${verdict} ${evidence}`);
  assert.equal(verdicts({ ...back, collectors: [] }), verdicts(scanned));
});

test("the findings as VEX are valid and say what protects", () => {
  const bundle = bundleOf(rows);
  bundle.cves[cve] = { title: "Path traversal", severity: 7.5 };
  const assignments = emptyAssignments(now);
  const findings = matchInventory(scanned, bundle);
  assignments.assignments.push({
    ...{
      gid: 1,
      sid: 7,
      rev: 1,
      msg: "x",
      state: "applied",
      mode: "prevent",
      origin: "scan",
      reason: "",
      cleanScans: 0,
    },
    ...{ urgency: 1, since: "", changed: "" },
    proofs: [
      {
        cve,
        purl: apache.purl,
        subject: "",
        verdict: "vulnerable",
        confidence: 1,
        evidence: "",
        exposure: "listening",
      },
    ],
  });
  const vex = findingsVex({ inventory: scanned, findings, assignments, bundle });
  assert.is(schemaErrors(vex), "");
  const [entry] = (
    JSON.parse(vex) as { vulnerabilities: { analysis: { state: string; response: string[]; detail: string } }[] }
  ).vulnerabilities;
  assert.is(entry?.analysis.state, "exploitable");
  assert.equal(entry?.analysis.response.sort(), ["update", "workaround_available"]);
  assert.match(entry?.analysis.detail ?? "", /virtual patches in force: 7 \(prevent\)/);
});

test("purls of other tools: epochs, upstream sources, nested components, SPDX", () => {
  const cyclone = {
    bomFormat: "CycloneDX",
    components: [
      {
        name: "app",
        components: [
          { purl: "pkg:deb/debian/libssl1.1@1.1.1n-0%2Bdeb11u3?arch=amd64&upstream=openssl&distro=debian-11" },
          {
            purl: "pkg:rpm/almalinux/nodejs@16.1-1.el8?epoch=1&distro=almalinux-8.6&upstream=nodejs-16.1-1.el8.src.rpm",
          },
          { purl: "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1" },
          { purl: "pkg:oci/debian@sha256:abc" },
          { name: "no purl" },
        ],
      },
    ],
  };
  const read = readSbom(JSON.stringify(cyclone), "x.json");
  assert.equal(
    read.components.map(({ type, name, version, source, distro }) => [
      type,
      name,
      version,
      source?.name,
      distro?.version,
    ]),
    [
      ["deb", "libssl1.1", "1.1.1n-0+deb11u3", "openssl", "11"],
      ["rpm", "nodejs", "1:16.1-1.el8", "nodejs", "8.6"],
      ["maven", "org.apache.logging.log4j:log4j-core", "2.14.1", undefined, undefined],
    ],
  );
  const spdx = {
    spdxVersion: "SPDX-2.3",
    name: "image",
    packages: [{ externalRefs: [{ referenceType: "purl", referenceLocator: "pkg:npm/%40a/b@1.0.0" }] }, {}],
  };
  assert.is(readSbom(JSON.stringify(spdx), "x.json").components[0]?.name, "@a/b");
});

test("what is no bill of materials, or no inventory, is refused with its place", () => {
  assert.throws(() => readSbom("{", "a.json"), /a\.json: not JSON/);
  assert.throws(() => readSbom("{}", "a.json"), /neither a CycloneDX nor an SPDX/);
  assert.throws(() => readInventory("{}", "i.json"), /i\.json: schema: is undefined/);
  const good = JSON.stringify(scanned);
  assert.equal(readInventory(good, "i.json"), JSON.parse(good));
  assert.throws(() => readInventory(good.slice(0, 300), "i.json"), /not JSON, or cut off/);
  assert.throws(
    () => readInventory(good.replace('"port":80', '"port":0'), "i.json"),
    /listeners\[0\]\.port: 1 to 65535/,
  );
  assert.throws(
    () => readInventory(good.replace('"kind":"distro-package"', '"kind":"rumour"'), "i.json"),
    /components\[0\]\.evidence\.kind/,
  );
});

test.run();
