/** The agent's identity: kept on its machine, made anew on a copy of it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { machineMarks } from "../../hosts/linux/system/machine-marks.ts";
import { agentIdentity, type MachineMarks } from "../../hosts/node/agent/identity.ts";

const test = suite<{ folder: string; file: string }>("identity");

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "vpatch-identity-"));
  context.file = join(context.folder, "identity.json");
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const home: MachineMarks = { "machine-id": "aaaa", "dmi-uuid": "1111" };

for (const [name, marks, event] of [
  ["the same machine", home, "known"],
  ["the same, its firmware no longer readable", { "machine-id": "aaaa" }, "known"],
  ["the same, with a mark more", { ...home, "dmi-serial": "s" }, "known"],
  ["a clone that got a new machine-id", { "machine-id": "bbbb", "dmi-uuid": "1111" }, "cloned"],
  ["a clone that kept its machine-id", { "machine-id": "aaaa", "dmi-uuid": "2222" }, "cloned"],
] as const) {
  test(name, ({ file }) => {
    const first = agentIdentity(file, home);
    assert.is(first.event, "new");
    const second = agentIdentity(file, marks as MachineMarks);
    assert.is(second.event, event);
    assert.is(second.identity.id === first.identity.id, event === "known");
    assert.equal(second.identity.clonedFrom, event === "known" ? [] : [first.identity.id]);
    assert.equal(agentIdentity(file, marks as MachineMarks).event, "known", "settled from then on");
  });
}

test("a clone of a clone remembers where it comes from", ({ file }) => {
  const ids = ["a", "b", "c"].map((id) => agentIdentity(file, { "machine-id": id }).identity.id);
  assert.equal(agentIdentity(file, { "machine-id": "c" }).identity.clonedFrom, [ids[1], ids[0]]);
});

test("a damaged file costs the identity, not the agent", ({ file }) => {
  agentIdentity(file, home);
  writeFileSync(file, readFileSync(file, "utf8").slice(0, 40));
  assert.is(agentIdentity(file, home).event, "damaged");
  assert.is(agentIdentity(file, home).event, "known");
});

test("the marks themselves are not stored", ({ file }) => {
  agentIdentity(file, { "machine-id": "0123456789abcdef0123456789abcdef" });
  assert.not.match(readFileSync(file, "utf8"), "0123456789abcdef");
});

test("marks of a Linux machine; what firmware gives for want of a value is none", ({ folder }) => {
  for (const [path, text] of Object.entries({
    "etc/machine-id": "ABCDEF0123456789abcdef0123456789\n",
    "sys/class/dmi/id/product_uuid": "00000000-0000-0000-0000-000000000000\n",
    "sys/class/dmi/id/product_serial": "To be filled by O.E.M.\n",
  })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  assert.equal(machineMarks(folder), { "machine-id": "abcdef0123456789abcdef0123456789" });
  assert.equal(machineMarks(join(folder, "none")), {});
});

test.run();
