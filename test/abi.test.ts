/** The ABI as a contract: what the module exports and imports is what docs/abi.md says, in both builds. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ABI_VERSION, AppProto, Verdict } from "../assembly/abi/codes.ts";
import { Counter } from "../assembly/abi/counters.ts";
import * as frames from "../assembly/abi/frames.ts";
import { Setting } from "../assembly/abi/settings.ts";
import { coreFunctions, enumMembers } from "../docs/abi.ts";
import { instantiateCore } from "../hosts/node/engine/core.ts";

const abi = suite("abi");
/** A const enum as an object. */
const members = (name: string): object => (frames as unknown as Record<string, object>)[name]!;
const page = readFileSync(new URL("../docs/abi.md", import.meta.url), "utf8");

for (const file of ["vpatch.wasm", "vpatch.scalar.wasm"]) {
  const module = new WebAssembly.Module(readFileSync(new URL(`../build/${file}`, import.meta.url)));

  abi(`${file} imports nothing but abort`, () => {
    for (const { module: from, name } of WebAssembly.Module.imports(module)) assert.is(`${from}.${name}`, "env.abort");
  });

  abi(`${file} exports what the page lists, and memory`, () => {
    const exported = WebAssembly.Module.exports(module).map(({ name }) => name);
    assert.equal(exported.sort(), [...coreFunctions().map(({ name }) => name), "memory"].sort());
  });
}

abi("the page names every export and the version", () => {
  for (const { name } of coreFunctions()) assert.ok(page.includes(`\`${name}(`), name);
  assert.ok(page.includes(`Version ${ABI_VERSION >>> 16}.${ABI_VERSION & 0xffff},`));
});

abi("the page's numbers are those of the code", () => {
  const tables: [string, string, object][] = [
    ["frames.ts", "Frame", members("Frame")],
    ["frames.ts", "FrameGroups", members("FrameGroups")],
    ["frames.ts", "EventRecord", members("EventRecord")],
    ["codes.ts", "Verdict", Verdict],
    ["codes.ts", "AppProto", AppProto],
    ["settings.ts", "Setting", Setting],
    ["counters.ts", "Counter", Counter],
  ];
  for (const [file, name, values] of tables) {
    const found = Object.fromEntries(enumMembers(file, name).map((member) => [member.name, member.value]));
    const real = Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === "number"));
    assert.equal(found, real, name);
  }
});

abi("records are 8-byte aligned and their fields do not overlap the end", () => {
  for (const [file, name] of [
    ["frames.ts", "Frame"],
    ["frames.ts", "FrameGroups"],
    ["frames.ts", "EventRecord"],
    ["cost.ts", "RuleCost"],
    ["cost.ts", "ProtocolCost"],
  ] as const) {
    const members = enumMembers(file, name);
    const size = members.find((member) => member.name === "size")!.value;
    assert.is(size % 8, 0, name);
    for (const member of members) if (member.name !== "size") assert.ok(member.value < size, `${name}.${member.name}`);
  }
});

abi("a host refuses a core of another major version or an older minor one", () => {
  const core = (version: number) => ({
    build: "test",
    digest: "",
    instantiate: () => ({ abi_version: () => version }) as never,
  });
  assert.not.throws(() => instantiateCore(core(ABI_VERSION)));
  assert.not.throws(() => instantiateCore(core(ABI_VERSION + 1)), "newer minor");
  assert.throws(() => instantiateCore(core(ABI_VERSION + 0x10000)), /has ABI .*, .* is needed/);
  if ((ABI_VERSION & 0xffff) > 0) assert.throws(() => instantiateCore(core(ABI_VERSION - 1)), /is needed/);
});

abi.run();
