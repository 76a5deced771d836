/** host-os-policy: the network with the longest prefix names the system that decides about overlapping fragments. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { LinkType } from "../../assembly/abi/codes.ts";
import { Setting } from "../../assembly/abi/settings.ts";
import { addressBytes } from "../../corpus/frames.ts";
import { defaultConfiguration, makeConfiguration } from "../../hosts/node/config/configuration.ts";
import { hostOsWords } from "../../hosts/node/engine/host_os.ts";
import { fragment6, ipv4, ipv6, text } from "../wire/build.ts";
import { FlowRoom } from "./view.ts";

const RAW = LinkType.Raw;
const TEST_PROTO = 253;

/** `old` or `new`: which of two fragments of the same place counts at `destination`. */
async function winner(policy: Record<string, string[]>, destination: string): Promise<string> {
  const config = await makeConfiguration({ "host-os-policy": { windows: [], ...policy } });
  const words = hostOsWords(config["host-os-policy"]);
  const room = await FlowRoom.open(words.map((word, i): [Setting, number] => [Setting.HostOsNetworks + i, word]));
  let whole = "";
  // The classic sign: BSD keeps the older of two fragments at one place, Linux the newer.
  for (const [letter, offset, more] of [
    ["s", 0, true],
    ["o", 8, true],
    ["n", 8, true],
    ["e", 16, false],
  ] as const) {
    const data = text(letter.repeat(8));
    const packet = destination.includes(":")
      ? ipv6(44, fragment6(TEST_PROTO, 7, offset, more, data))
      : ipv4(TEST_PROTO, data, { id: 7, offset, more, destination });
    if (destination.includes(":")) packet.set(addressBytes(destination), 24);
    const found = room.decode(packet, RAW)[1];
    if (found) whole = Buffer.from(found.ip).subarray(-24).toString();
  }
  return whole[8] === "o" ? "old" : "new";
}

for (const [policy, destination, expected] of [
  [{}, "10.0.0.2", "old"],
  [{ linux: ["0.0.0.0/0"] }, "10.0.0.2", "new"],
  [{ linux: ["10.0.0.0/8"] }, "10.255.0.2", "new"],
  [{ linux: ["10.0.0.0/8"] }, "11.0.0.2", "old"],
  [{ linux: ["10.0.0.0/8"], bsd: ["10.0.0.2"] }, "10.0.0.2", "old"],
  [{ bsd: ["10.0.0.0/8"], linux: ["10.0.0.0/31"] }, "10.0.0.1", "new"],
  [{ linux: ["0.0.0.0/0"] }, "2001:db8::2", "old"],
  [{ linux: ["2001:db8::/32"] }, "2001:db8:ffff::2", "new"],
  [{ linux: ["2001:db8::/32"], bsd: ["2001:db8::2"] }, "2001:db8::2", "old"],
  [{ bsd: ["2001:db8::/64"], linux: ["2001:db8::/65"] }, "2001:db8::7fff:0:0:1", "new"],
  [{ bsd: ["2001:db8::/64"], linux: ["2001:db8::/65"] }, "2001:db8::8000:0:0:1", "old"],
] as [Record<string, string[]>, string, string][]) {
  test(`${JSON.stringify(policy)}: ${destination} keeps the ${expected} bytes`, async () => {
    assert.is(await winner(policy, destination), expected);
  });
}

test("an address that is none is told with its place", () => {
  for (const network of ["10.0.0.0/33", "10.0.0", "2001:db8::/129", "linux"]) {
    const systems = { ...defaultConfiguration()["host-os-policy"], linux: [network] };
    assert.throws(() => hostOsWords(systems), new RegExp(`host-os-policy.linux: "${network}" is no address`));
  }
});

test("more networks than there is room for are refused", () => {
  const linux = Array.from({ length: 65 }, (_, i) => `10.0.${i}.0/24`);
  assert.throws(() => hostOsWords({ ...defaultConfiguration()["host-os-policy"], linux }), /there is room for 64/);
});

test.run();
