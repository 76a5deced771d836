/**
 * From an installed product to a blocked attack and back: the scan finds a vulnerable Confluence, the running engine takes the
 * virtual patch between two frames, the attack of the corpus is cut; the product is upgraded and restarted, the patch retires.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Verdict } from "../../assembly/abi/codes.ts";
import { readCases } from "../../corpus/case.ts";
import { conversationFrames } from "../../corpus/frames.ts";
import { collectLinux } from "../../hosts/linux/inventory/collect.ts";
import { ScanService } from "../../hosts/node/agent/scan-service.ts";
import { defaultConfiguration } from "../../hosts/node/config/configuration.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { compileRules } from "../../hosts/node/rules/compile.ts";
import { defaultPolicy } from "../../scan/assign/eligibility.ts";
import { enginePolicy, renderRules } from "../../scan/assign/policy.ts";
import { type AssignmentFile, emptyAssignments } from "../../scan/assign/types.ts";
import { withCompanions } from "../../scan/bundle/builder.ts";
import { buildOwnBundle } from "../../scan/bundle/own.ts";
import { openOwnBundle } from "../../scan/bundle/signing.ts";
import { packageFolder } from "../../scan/package-folder.ts";
import { loadDetectors } from "../../scan/products/catalog.ts";
import type { ScanReport } from "../../scan/report/report.ts";
import { summarizeRules } from "../../scan/rules/summary.ts";
import { runScan } from "../../scan/run.ts";
import { layOut, layOutProc, remove } from "./layout.ts";

const installation = "opt/atlassian/confluence";
const properties = `${installation}/confluence/WEB-INF/classes/com/atlassian/confluence/default.properties`;
const library = `/${installation}/confluence/WEB-INF/lib/xwork.jar`;
const cve = "CVE-2022-26134";

const signatures = join(packageFolder(), "signatures");
const sources = readdirSync(signatures)
  .filter((name) => name.endsWith(".rules"))
  .map((file) => ({ file, text: readFileSync(join(signatures, file), "utf8") }));

/** A Java process of the installation; `library` is what it holds open. */
function processOf(root: string, pid: number, held: string): string {
  const cmdline = ["/usr/bin/java", `-Dcatalina.home=/${installation}`, "start"];
  return layOutProc(
    root,
    [{ pid, exe: "/usr/bin/java", maps: [held], cmdline, sockets: [9] }],
    [["00000000", "1F9A", 9]],
  );
}

test("a vulnerable server is protected until it is upgraded and restarted", async () => {
  const root = layOut({ [properties]: "version.number=7.18.0\n", "etc/os-release": "ID=debian\nVERSION_ID=12\n" });
  const folders = [root];
  let proc = processOf(root, 100, library);
  folders.push(proc);
  const restart = (pid: number, held: string): void => {
    proc = processOf(root, pid, held);
    folders.push(proc);
  };

  const { bundle, manifest } = openOwnBundle(await buildOwnBundle());
  const rules = sources.flatMap(({ file, text }) => summarizeRules(file, text).rules);
  bundle.rules = withCompanions(rules, new Set(Object.keys(bundle.cves)));
  const config = defaultConfiguration();
  const engine = new Engine({ mode: "prevent", config });
  engine.load(compileRules([], config).database);

  let state: AssignmentFile = emptyAssignments(new Date());
  let report: ScanReport | undefined;
  const service = new ScanService({
    interval: 3600,
    folders: [],
    scan: async () => {
      const inventory = await collectLinux({ root, proc, detectors: await loadDetectors() });
      const policy = { ...defaultPolicy, mode: "prevent" as const };
      const result = runScan({ inventory, bundle, manifest, previous: state, policy, now: new Date() });
      state = result.assignments;
      report = result.report;
      const assigned = enginePolicy(state);
      return { assigned, inForce: JSON.stringify(assigned.rules) };
    },
    apply: ({ assigned }) => {
      const { text, missing } = renderRules(assigned, sources);
      assert.equal(missing, []);
      engine.load(compileRules([{ file: "assigned.rules", text }], config).database);
    },
    onError: (error) => {
      throw error;
    },
  });

  // Each attack is a connection of its own, a minute after the last.
  const attack = readCases(join(packageFolder(), "corpus", "attacks")).find(({ name }) => name === "confluence-ognl")!;
  let attacks = 0;
  const isCut = (): boolean => {
    attacks++;
    const [first] = attack.conversations;
    const conversation = { ...first!, client: { ...first!.client, port: 40_000 + attacks } };
    const verdicts = conversationFrames(conversation).flatMap((frame) => {
      const timestamp = (frame.seconds + attacks * 60) * 1_000_000 + frame.nanoseconds / 1000;
      engine.write({ data: frame.data, linkType: frame.linkType, timestamp });
      return [...engine.inspect()];
    });
    return verdicts.some((verdict) => verdict !== Verdict.Pass);
  };
  const patch = (): string | undefined => report?.open.find((each) => each.cve === cve)?.patch;
  const assigned = (): string | undefined =>
    state.assignments.find(({ proofs }) => proofs.some((proof) => proof.cve === cve))?.state;

  assert.not.ok(isCut(), "nothing is in force yet");
  await service.start();
  assert.equal([assigned(), patch()], ["applied", "applied"]);
  assert.ok(isCut(), "the virtual patch is in force");

  writeFileSync(join(root, properties), "version.number=7.18.1\n");
  restart(100, `${library} (deleted)`);
  await service.scanNow();
  assert.is(assigned(), "applied", "the old process still runs");
  assert.ok(isCut());

  restart(101, library);
  await service.scanNow();
  assert.is(assigned(), "retiring");
  assert.ok(isCut(), "in force until the second scan");
  await service.scanNow();
  assert.equal([assigned(), patch()], ["retired", undefined]);
  assert.not.ok(isCut(), "the virtual patch is gone");
  await service.stop();
  remove(...folders);
});

test.run();
