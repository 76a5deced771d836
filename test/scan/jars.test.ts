/** Java archives: coordinates, nesting, and bounds that hold against archives made to explode. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { jarLimits, readJar } from "../../scan/inventory/jars.ts";
import { MemoryTree } from "../../scan/inventory/memory-tree.ts";
import { makeZip, type ZipEntry } from "./archives.ts";

const lookup = { name: "org/apache/logging/log4j/core/lookup/JndiLookup.class", content: Buffer.from("x") };
const pom = (group: string, artifact: string, version: string): ZipEntry => ({
  name: `META-INF/maven/${group}/${artifact}/pom.properties`,
  content: Buffer.from(`version=${version}\ngroupId=${group}\nartifactId=${artifact}\n`),
});
const log4j = makeZip([pom("org.apache.logging.log4j", "log4j-core", "2.14.1"), lookup]);
const nested = (name: string, inner: Buffer): Buffer => makeZip([{ name, content: inner }]);

async function read(name: string, archive: Buffer | string, limits = jarLimits) {
  const reading = await readJar(new MemoryTree({ [`/opt/${name}`]: archive }), `/opt/${name}`, "/", limits);
  const found = reading.components.map(
    (each) =>
      `${each.name} ${each.version} ${each.evidence.kind} ${each.evidence.detail}${each.mitigations ? " mitigated" : ""}`,
  );
  return { found, problems: reading.problems };
}

test("coordinates come from pom.properties", async () => {
  assert.equal((await read("a.jar", log4j)).found, [
    "org.apache.logging.log4j:log4j-core 2.14.1 pom-properties /opt/a.jar",
  ]);
});

test("an uber jar holds several", async () => {
  const { found } = await read("app.jar", makeZip([pom("a", "b", "1"), pom("c", "d", "2")]));
  assert.equal(found, ["a:b 1 pom-properties /opt/app.jar", "c:d 2 pom-properties /opt/app.jar"]);
});

test("else from the manifest, else from the name", async () => {
  const manifest =
    "Manifest-Version: 1.0\r\nBundle-SymbolicName: org.x.\r\n y;singleton:=true\r\nBundle-Version: 3.1\r\n";
  const withManifest = makeZip([{ name: "META-INF/MANIFEST.MF", content: Buffer.from(manifest) }]);
  assert.equal((await read("z.jar", withManifest)).found, ["org.x.y 3.1 file-name /opt/z.jar"]);
  const { found } = await read("commons-io-2.6.jar", makeZip([{ name: "x", content: Buffer.alloc(1) }]));
  assert.equal(found, ["commons-io 2.6 file-name /opt/commons-io-2.6.jar"]);
});

test("Log4j without JndiLookup.class is mitigated", async () => {
  const { found } = await read("a.jar", makeZip([pom("org.apache.logging.log4j", "log4j-core", "2.14.1")]));
  assert.match(found[0]!, /mitigated$/);
});

test("archives in archives are read, to a depth of four", async () => {
  const war = nested("WEB-INF/lib/log4j-core.jar", log4j);
  assert.equal((await read("a.war", war)).found, [
    "org.apache.logging.log4j:log4j-core 2.14.1 pom-properties /opt/a.war!/WEB-INF/lib/log4j-core.jar",
  ]);
  const four = nested("1.ear", nested("2.war", war));
  assert.is((await read("four.ear", four)).found.length, 1);
  const five = await read("five.ear", nested("0.ear", four));
  assert.equal(five.found, []);
  assert.match(five.problems[0]!, /nested deeper than 4 archives/);
});

const refused: [name: string, archive: Buffer | string, limits: Partial<typeof jarLimits>, problem: RegExp][] = [
  ["no archive at all", "not a zip", {}, /end of central directory/i],
  ["cut off", log4j.subarray(0, 200), {}, /end of central directory/i],
  ["too many entries", makeZip([lookup, lookup, lookup]), { entries: 2 }, /has 3 entries, limit 2/],
  [
    "a nested archive that claims to be huge",
    makeZip([{ name: "b.jar", content: log4j, claimed: 2 ** 31 }]),
    {},
    /2147483648 bytes unpacked, limit/,
  ],
  ["more than the budget", makeZip([{ name: "b.jar", content: log4j }]), { totalBytes: 100 }, /more than 100 bytes/],
  [
    "properties that claim to be huge",
    makeZip([{ ...pom("a", "b", "1"), claimed: 2 ** 30 }]),
    {},
    /1073741824 bytes unpacked, limit 65536/,
  ],
];
for (const [name, archive, limits, problem] of refused) {
  test(`bounded: ${name}`, async () => {
    const { problems } = await read("x.jar", archive, { ...jarLimits, ...limits });
    assert.match(problems.join(), problem);
  });
}

test.run();
