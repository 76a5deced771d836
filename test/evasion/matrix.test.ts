/**
 * The evasion matrix: every conversation of the corpus, sent in every way of `transformations.ts`, over IPv4 and IPv6. An attack must be
 * cut before its last byte reaches the far side, whichever bytes the receiver prefers; a benign conversation must arrive unchanged.
 */
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LinkType } from "../../assembly/abi/codes.ts";
import { EventType } from "../../assembly/abi/frames.ts";
import { type CorpusCase, readCases } from "../../corpus/case.ts";
import type { Conversation, Endpoint } from "../../corpus/conversation.ts";
import { addressBytes, DEFAULT_START } from "../../corpus/frames.ts";
import { defaultConfiguration } from "../../hosts/node/config/configuration.ts";
import { Engine, isPassed } from "../../hosts/node/engine/engine.ts";
import { compileRuleFiles } from "../../hosts/node/rules/compile.ts";
import { Receiver } from "./receiver.ts";
import { fromPort, overIpv6, type WireFrame } from "./segment.ts";
import {
  carriedTransformations,
  IPV6_TRANSFORMATIONS,
  interleaved,
  TRANSFORMATIONS,
  type Transformation,
  transformed,
} from "./transformations.ts";

const folder = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const config = defaultConfiguration();
// The virtual patches alone: rules for protocol violations rightly speak of transformed benign traffic.
const patches = ["enterprise", "java", "web"].map((name) => folder(`signatures/${name}.rules`));
const { database } = compileRuleFiles(patches, config);
const attacks = readCases(folder("corpus/attacks"));
const benign = readCases(folder("corpus/benign"));

const other = (truth: Uint8Array): Uint8Array => Buffer.alloc(truth.length, "x");
const same = (truth: Uint8Array): Uint8Array => truth;
const key = ({ address, port }: Endpoint): string => `${addressBytes(address).toString("hex")}:${port}`;

/** Hosts of both kinds behind one core. */
class Network {
  readonly alerts = new Set<number>();
  private readonly hosts = [new Receiver("old"), new Receiver("new")];
  private readonly engine: Engine;
  private time = DEFAULT_START * 1_000_000;

  constructor() {
    this.engine = new Engine({
      mode: "prevent",
      config,
      onEvent: (event) => {
        if (event.type === EventType.Alert) this.alerts.add(this.engine.rules[event.rule ?? -1]?.sid ?? 0);
      },
    });
    this.engine.load(database);
  }

  send(frames: readonly WireFrame[]): void {
    for (const { data } of frames) {
      this.time += 1000;
      this.engine.write({ data, linkType: LinkType.Ethernet, timestamp: this.time });
      const [verdict] = this.engine.inspect();
      if (isPassed(verdict!)) for (const host of this.hosts) host.take(this.engine.frame(0));
    }
  }

  /** What each kind of host reads of what one side says. */
  read({ client, server }: Conversation, from: "client" | "server"): Buffer[] {
    const [source, destination] = from === "client" ? [client, server] : [server, client];
    return this.hosts.map((host) => host.read(key(source), key(destination)));
  }
}

function said({ messages }: Conversation, from: "client" | "server"): Buffer {
  return Buffer.concat(messages.filter((message) => message.from === from).map(({ data }) => data));
}

function judgeAttack(
  found: CorpusCase,
  sent: readonly Conversation[],
  how: Transformation,
  network: Network,
): string[] {
  const problems: string[] = [];
  const through = sent.every((conversation) =>
    network.read(conversation, "client").some((b) => b.equals(said(conversation, "client"))),
  );
  if (through) problems.push(`${found.name}: all of it arrived`);
  for (const sid of found.expect.drop) {
    if (!how.ahead && !network.alerts.has(sid)) problems.push(`${found.name}: no alert ${sid}`);
  }
  return problems;
}

function judgeBenign(found: CorpusCase, sent: readonly Conversation[], network: Network): string[] {
  const problems = [...network.alerts].map((sid) => `${found.name}: alert ${sid}`);
  for (const conversation of sent) {
    for (const from of ["client", "server"] as const) {
      for (const bytes of network.read(conversation, from)) {
        if (!bytes.equals(said(conversation, from)))
          problems.push(`${found.name}: what the ${from} said did not arrive as it was`);
      }
    }
  }
  return problems;
}

for (const [version, family, transformations] of [
  ["IPv4", same_, [...TRANSFORMATIONS, ...carriedTransformations(4)]],
  ["IPv6", overIpv6, [...TRANSFORMATIONS, ...IPV6_TRANSFORMATIONS, ...carriedTransformations(6)]],
] as const) {
  const matrix = suite(`evasion, ${version}`);
  for (const how of transformations) {
    matrix(how.name, () => {
      const problems: string[] = [];
      const network = new Network();
      for (const [index, found] of [...attacks, ...(how.harmful ? [] : benign)].entries()) {
        const attack = found.expect.drop.length > 0;
        network.alerts.clear();
        const sent = found.conversations.map((conversation, n) =>
          family(fromPort(conversation, 20_000 + index * 8 + n)),
        );
        const decoy = attack || !how.ahead ? other : same;
        for (const conversation of sent) network.send(transformed(conversation, how, decoy));
        problems.push(...(attack ? judgeAttack(found, sent, how, network) : judgeBenign(found, sent, network)));
      }
      assert.equal(problems, []);
    });
  }

  matrix("interleaved with a benign conversation", () => {
    const problems: string[] = [];
    const network = new Network();
    for (const [index, found] of attacks.entries()) {
      const good = benign[index % benign.length]!;
      const attack = family(fromPort(found.conversations[0]!, 30_000 + index));
      const harmless = family(fromPort(good.conversations[0]!, 40_000 + index));
      const how = { name: "", size: 16 };
      network.send(interleaved(transformed(attack, how, other), transformed(harmless, how, same)));
      problems.push(...judgeAttack(found, [attack], how, network));
      network.alerts.clear();
      problems.push(...judgeBenign(good, [harmless], network));
    }
    assert.equal(problems, []);
  });
  matrix.run();
}

function same_(conversation: Conversation): Conversation {
  return conversation;
}
