/** Every keyword that the compiler knows has cases; every protocol that the core parses has some in `test/protocols/`. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { AppProto } from "../../assembly/abi/codes.ts";
import { REFUSED_KEYWORDS } from "../../compiler/keywords/refused.ts";
import { appProtocolName } from "../../compiler/signature/protocols.ts";
import { buildRoom } from "../core-room.ts";
import { readCases } from "./case.ts";
import { protocolsOf, uncovered } from "./coverage.ts";

const keywords = readCases(new URL("../keywords/", import.meta.url));
const protocols = readCases(new URL("../protocols/", import.meta.url));

const core = (await buildRoom("test/app/registry.core.ts")).exports as Record<string, (...args: number[]) => number>;
const hasParser = (proto: AppProto): boolean => core["hasParser"]!(proto) !== 0;

/** Families of one protocol each, for which rules may load before the protocol is parsed. */
const FAMILIES: Readonly<Record<string, AppProto>> = {
  mDNS: AppProto.Mdns,
  QUIC: AppProto.Quic,
  NFS: AppProto.Nfs,
  TFTP: AppProto.Tftp,
  DHCP: AppProto.Dhcp,
};

test("every keyword has a rule that alerts and a near miss", () => {
  const missing = uncovered([...keywords, ...protocols], REFUSED_KEYWORDS, ({ family }) => {
    const proto = FAMILIES[family];
    return proto === undefined || hasParser(proto);
  });
  assert.is(missing.length, 0, `write cases in test/keywords/ or test/protocols/ for:\n${missing.join("\n")}`);
});

test("every protocol with a parser has a rule that alerts", () => {
  const seen = protocolsOf(protocols);
  const known = Object.values(AppProto).filter((proto): proto is AppProto => typeof proto === "number");
  const missing = known.filter((proto) => hasParser(proto) && !seen.has(appProtocolName(proto)));
  assert.equal(
    missing.map(
      (proto) => `write test/protocols/${appProtocolName(proto)}.md: rules of the protocol ${appProtocolName(proto)}`,
    ),
    [],
  );
});

test.run();
