/**
 * Whom a rule on payloads or streams is for. Most traffic is HTTP, TLS and QUIC on their ports, while hundreds of rules are for FTP commands, mail
 * servers or databases. A table is therefore written twice: whole for the flows such rules name, and without their literals for all others.
 */
import { AppProto, Direction } from "../../assembly/abi/codes.ts";
import { Audience } from "../../assembly/abi/prefilters.ts";
import { RuleFlag } from "../../assembly/abi/rules.ts";
import type { PortSet } from "../port.ts";
import { normalize } from "../ranges.ts";
import type { Signature } from "../signature/finish.ts";
import { appProtocolEquals } from "../signature/protocols.ts";

/** Protocols and ports that most bytes belong to: what is for them stays in both tables. */
const BUSY_APPS: readonly AppProto[] = [AppProto.Http1, AppProto.Http2, AppProto.Tls, AppProto.Quic];
const BUSY_PORTS: readonly number[] = [80, 443, 8080];
/** A rule for more ports than that names none in particular. */
const MANY_PORTS = 1024;
/** Literals that a second table must be able to leave out. */
const WORTH_A_TABLE = 16;

/** What a flow must be, one or the other, for a rule that is not for all. */
export interface Addressee {
  readonly apps: readonly AppProto[];
  /** Of the server, the destination of what goes to it and the source of what comes from it. */
  readonly ports: PortSet;
}

/** Literals and the rules they bring, in the order of the table. */
export interface Entry<L> {
  readonly literal: L;
  readonly rules: readonly number[];
}

export interface Part<L> extends Addressee {
  readonly audience: Audience;
  readonly entries: readonly Entry<L>[];
}

/** The flows that alone can match a rule's payload in a direction; undefined: any, or busy ones. */
export function addresseeOf(signature: Signature, direction: Direction): Addressee | undefined {
  const { app, flags } = signature;
  if (app !== AppProto.Unknown && (flags & RuleFlag.AppLayer) !== 0) {
    const apps = EVERY_APP.filter((each) => appProtocolEquals(app, each));
    if (!apps.some((each) => BUSY_APPS.includes(each))) return { apps, ports: [] };
  }
  const ports = direction === Direction.ToServer ? signature.destinationPorts : signature.sourcePorts;
  const count = ports.reduce((sum, [low, high]) => sum + high - low + 1, 0);
  const busy = ports.some(([low, high]) => BUSY_PORTS.some((port) => port >= low && port <= high));
  return count > MANY_PORTS || busy ? undefined : { apps: [], ports };
}

const EVERY_APP: readonly AppProto[] = Array.from({ length: AppProto.Last }, (_, app): AppProto => app);

/** One part for all, or two: with all entries for the flows that some rules name, without those rules for the others. */
export function splitByAudience<L>(
  entries: readonly Entry<L>[],
  addressees: ReadonlyMap<number, Addressee>,
): readonly Part<L>[] {
  const others = entries
    .map(({ literal, rules }) => ({ literal, rules: rules.filter((rule) => !addressees.has(rule)) }))
    .filter(({ rules }) => rules.length > 0);
  if (entries.length - others.length < WORTH_A_TABLE) return [{ audience: Audience.All, apps: [], ports: [], entries }];
  const named = entries.flatMap(({ rules }) => rules.flatMap((rule) => addressees.get(rule) ?? []));
  const apps = [...new Set(named.flatMap((each) => each.apps))];
  const ports = normalize(named.flatMap((each) => each.ports));
  const parts: Part<L>[] = [{ audience: Audience.Named, apps, ports, entries }];
  if (others.length > 0) parts.push({ audience: Audience.Others, apps, ports, entries: others });
  return parts;
}
