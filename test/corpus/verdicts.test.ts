/** Every corpus case gets its verdict from the bundled signatures: attacks are cut before their last byte, benign traffic passes. */
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readCases } from "../../corpus/case.ts";
import { runCase } from "../../corpus/run.ts";
import { defaultConfiguration } from "../../hosts/node/config/configuration.ts";
import { compileRuleFiles } from "../../hosts/node/rules/compile.ts";

const verdicts = suite("corpus verdicts");
const folder = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const config = defaultConfiguration();
const { database, report } = compileRuleFiles([folder("signatures")], config);

verdicts("every bundled signature compiles", () => {
  assert.equal(report.refused, []);
  assert.equal(report.warnings, []);
});

for (const kind of ["attacks", "benign"]) {
  for (const found of readCases(folder(`corpus/${kind}`))) {
    verdicts(`${kind}: ${found.title}`, () => {
      assert.equal(runCase(found, database, config).problems, []);
    });
  }
}

verdicts.run();
