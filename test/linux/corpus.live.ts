/**
 * The corpus over real sockets, through every inline driver, IPv4 and IPv6: an attack's bytes never all reach the server, a benign
 * conversation is the same at both ends.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readCases } from "../../corpus/case.ts";
import { Agent, SETUPS } from "./agent.ts";
import { INLINE } from "./drivers.ts";
import { Lab, until } from "./lab.ts";
import { Peers } from "./peers.ts";
import { FOLDER, hook } from "./setting.ts";
import { SIGNATURES } from "./signatures.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const attacks = readCases(join(root, "corpus/attacks"));
const benign = readCases(join(root, "corpus/benign"));

for (const driver of INLINE) {
  const test = suite(`corpus over ${driver}`);
  let lab: Lab;
  let agent: Agent;
  let peers: Peers;
  test.before(
    hook(async () => {
      lab = new Lab(FOLDER, driver === "bridge");
      agent = await Agent.start(lab, SETUPS[driver], { rules: SIGNATURES });
      peers = await Peers.start(lab);
    }),
  );
  test.after(
    hook(async () => {
      await agent?.stop();
      lab?.close();
    }),
  );

  for (const family of [4, 6] as const) {
    test(`attacks over IPv${family} do not reach the server whole`, async () => {
      const cut = attacks.filter(({ expect }) => expect.drop.length > 0);
      const outcomes = await Promise.all(cut.map((found) => peers.playCase(found, family)));
      const whole = cut.filter((_, index) => outcomes[index]!.every(({ sent, reached }) => reached.equals(sent)));
      assert.equal(
        whole.map(({ name }) => name),
        [],
      );
      const silent = (): typeof cut => {
        const alerts = agent.alerts();
        return cut.filter(({ expect }) => !expect.drop.every((sid) => alerts.has(sid)));
      };
      await until("every attack is told", () => silent().length === 0).catch(() => undefined);
      assert.equal(
        silent().map(({ name }) => name),
        [],
      );
    });

    test(`benign conversations over IPv${family} are the same at both ends`, async () => {
      const outcomes = await Promise.all(benign.map((found) => peers.playCase(found, family)));
      const changed = benign.filter((_, index) =>
        outcomes[index]!.some(
          ({ complete, sent, reached, answered, answers }) =>
            !complete || !reached.equals(sent) || !answered.equals(answers),
        ),
      );
      assert.equal(
        changed.map(({ name }) => name),
        [],
      );
    });
  }
  test.run();
}
