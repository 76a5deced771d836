/** Makes a test of every case of a folder. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readCases } from "./case.ts";
import { hasEvent, runBlock, verdictRuns } from "./run.ts";

/** @param name before the file's, in the report */
export function testCases(name: string, folder: URL): void {
  const cases = readCases(folder);
  for (const file of new Set(cases.map((one) => one.file))) {
    const tests = suite(`${name}/${file}`);
    for (const one of cases.filter((each) => each.file === file)) {
      tests(one.name, async () => {
        for (const block of one.blocks) {
          const { outcomes, reasons, verdicts, events } = await runBlock(one, block);
          const shown = block.rules.map(({ outcome, text }, index) => {
            const reason = outcome === "refused" ? undefined : reasons.get(index);
            return `${outcomes[index]} ${text}${reason === undefined ? "" : `   <- ${reason}`}`;
          });
          assert.fixture(shown.join("\n"), block.rules.map(({ outcome, text }) => `${outcome} ${text}`).join("\n"));
          if (block.verdicts) assert.equal(verdictRuns(verdicts), block.verdicts);
          for (const line of block.events ?? [])
            assert.ok(
              hasEvent(events, line),
              `events: ${line}\n${events.map((event) => JSON.stringify(event)).join("\n")}`,
            );
        }
      });
    }
    tests.run();
  }
}
