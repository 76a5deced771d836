/**
 * The core against the Linux stack: a conversation is sent in every way of `transformations.ts` to a real socket behind the core. What the
 * socket reads is what the core inspected: all of it, or its beginning where the attempt ended the connection. Nothing else.
 *
 * What the core inspected is the stream that the alerts of a rule on it carry (`payload` of EVE): the rule finds the first bytes, and is
 * checked with every segment joined to what came before.
 */
import { suite } from "uvu";
import type { Conversation } from "../../../corpus/conversation.ts";
import { overIpv6 } from "../segment.ts";
import {
  carriedTransformations,
  IPV6_TRANSFORMATIONS,
  TRANSFORMATIONS,
  type Transformation,
} from "../transformations.ts";
import { CARRIERS } from "../tunnel_tricks.ts";
import { type Kind, LinuxHost, missing } from "./host.ts";
import { conversationIn, judge, Wire } from "./wire.ts";

/** IPv6: a first fragment without the whole TCP header is no datagram's (RFC 7112); Linux takes none of it. */
const HEADERLESS = "fragments of 8 bytes";
/** Networks of the host: the plain one, then one for each of `CARRIERS` (devices.py). */
const PLAIN = 0;
const FIRST_CARRIER = 10;
const PORTS = { 4: 20_000, 6: 30_000 };

const networkOf = ({ through }: Transformation): number =>
  through === undefined ? PLAIN : FIRST_CARRIER + CARRIERS.findIndex(({ name }) => name === through);

function stack(name: string, kind: Kind, ways: Record<4 | 6, readonly Transformation[]>): void {
  const found = suite(name);
  const reason = missing(kind);
  if (reason !== undefined) {
    console.log(`${name} skipped: ${reason}`);
    if (process.env.CI === "true") process.exitCode = 1;
    return;
  }
  let host: LinuxHost;
  let wire: Wire;
  found.before(async () => {
    host = new LinuxHost(kind);
    await host.start();
    wire = await Wire.open(host);
  });
  found.after(() => host.stop());
  for (const version of [4, 6] as const) {
    for (const [index, how] of ways[version].entries()) {
      found(`IPv${version}: ${how.name}`, async () => {
        const plain: Conversation = conversationIn(networkOf(how), PORTS[version] + index);
        const told = await wire.talk(version === 4 ? plain : overIpv6(plain), how);
        // Where something else goes ahead of the truth the host may end the connection early.
        judge(told, how.ahead === true || (version === 6 && how.name === HEADERLESS));
      });
    }
  }
  found.run();
}

stack("the Linux stack", "namespace", { 4: TRANSFORMATIONS, 6: [...TRANSFORMATIONS, ...IPV6_TRANSFORMATIONS] });
stack("the Linux stack behind tags and tunnels", "guest", {
  4: carriedTransformations(4),
  6: carriedTransformations(6),
});
