/** What a rule did with each packet, in lines: where it matched, what failed first and where, what was seen instead. */
import { Buffer as BufferId } from "../../../assembly/abi/buffers.ts";
import { Op } from "../../../assembly/abi/conditions.ts";
import { Transform } from "../../../assembly/abi/lists.ts";
import { RuleFlag } from "../../../assembly/abi/rules.ts";
import { HeaderCheck, ListOutcome, TraceStep } from "../../../assembly/abi/trace.ts";
import type { ConditionRecord, ListRecords, RuleReader, RuleRecords } from "../engine/rule_records.ts";
import { appProtoName } from "../eve/names.ts";
import { ConditionText, quote } from "./condition_text.ts";
import { absoluteMiss, nearMiss } from "./near_miss.ts";
import type { Step } from "./steps.ts";

/** Bytes of a buffer shown in a line. */
const SHOWN = 48;

const CHECKS: Readonly<Record<number, string>> = {
  [HeaderCheck.IpVersion]: "the IP version is another",
  [HeaderCheck.Protocol]: "the IP protocol is another",
  [HeaderCheck.NoPorts]: "the packet has no ports",
  [HeaderCheck.DestinationPort]: "the destination port is not the rule's",
  [HeaderCheck.SourcePort]: "the source port is not the rule's",
  [HeaderCheck.SourceAddress]: "the source address is not the rule's",
  [HeaderCheck.DestinationAddress]: "the destination address is not the rule's",
  [HeaderCheck.FlowStart]: "it is not the first packet of the flow",
  [HeaderCheck.Fragment]: "the packet was fragmented (fragments: no_frag)",
  [HeaderCheck.NoFragment]: "the packet was not fragmented (fragments: only_frag)",
  [HeaderCheck.NoFlow]: "the packet has no flow",
  [HeaderCheck.ToServer]: "flow:to_server, and the packet goes to the client",
  [HeaderCheck.ToClient]: "flow:to_client, and the packet goes to the server",
  [HeaderCheck.Established]: "flow:established, and the flow is not",
  [HeaderCheck.NotEstablished]: "flow:not_established, and the flow is",
  [HeaderCheck.Payload]: "the packet has no payload",
  [HeaderCheck.PayloadSize]: "dsize: the payload has another size",
  [HeaderCheck.AppProtocol]: "the application protocol is another",
  [HeaderCheck.EndOfFlow]: "packet rules do not look at the end of a flow",
  [HeaderCheck.NoStream]: "nothing new of the stream is there",
};

/** What one buffer's inspection came to. */
interface Look {
  step: Step;
  /** Conditions tried, with the cursor they found, up to the deepest. */
  tried: { condition: number; cursor: number }[];
  held?: number;
}

export class RuleReport {
  private readonly reader: RuleReader;
  private readonly text: ConditionText;
  private readonly rules = new Map<number, RuleRecords>();

  constructor(reader: RuleReader) {
    this.reader = reader;
    this.text = new ConditionText(reader, reader.names());
  }

  /** The lines about one packet; none when the rule had nothing to look at. */
  packet(steps: readonly Step[]): string[] {
    const lines: string[] = [];
    const looked = new Set<string>();
    let brought = true;
    for (let at = 0; at < steps.length; at++) {
      const step = steps[at]!;
      if (step.step === TraceStep.NotBrought) {
        brought = false;
        continue;
      }
      if (step.step !== TraceStep.Buffer) {
        const line = this.line(step);
        // The lists of HTTP/1 and HTTP/2 are two, and one holds for both.
        const told = /^(.*): held with an earlier packet$/.exec(line)?.[1];
        if (line && lines.at(-1) !== line && !(told !== undefined && looked.has(told))) lines.push(line);
        brought = true;
        continue;
      }
      const look: Look = { step, tried: [] };
      for (; at + 1 < steps.length; at++) {
        const { step: kind, values } = steps[at + 1]!;
        if (kind === TraceStep.Try) this.tried(look, values.condition!, values.cursor!);
        else if (kind === TraceStep.Held) look.held = values.cursor!;
        else break;
      }
      looked.add(this.chain(step).name);
      lines.push(...(brought ? this.look(look) : this.unseen(step)));
    }
    return lines;
  }

  private rule(index: number): RuleRecords {
    const known = this.rules.get(index) ?? this.reader.rule(index);
    this.rules.set(index, known);
    return known;
  }

  /** A try drops what a deeper, earlier one had: only the deepest counts. */
  private tried(look: Look, condition: number, cursor: number): void {
    const before = look.tried.findIndex((each) => each.condition === condition);
    const next = { condition, cursor };
    if (before < 0) look.tried.push(next);
    else if (before === look.tried.length - 1) look.tried[before] = next;
  }

  private line({ step, values, rule }: Step): string {
    switch (step) {
      case TraceStep.Header: {
        const { check = 0, seen = 0 } = values;
        const note =
          check === HeaderCheck.AppProtocol
            ? `: ${appProtoName(seen)}`
            : check === HeaderCheck.PayloadSize
              ? `: ${seen}`
              : "";
        return `header: ${CHECKS[check] ?? "does not hold"}${note}`;
      }
      case TraceStep.Condition: {
        const [condition] = this.reader.chain(values.condition!);
        const seen = values.seen === undefined ? "" : `, seen ${values.seen}`;
        return `${condition ? this.text.of(condition) : "a condition"} does not hold${seen}`;
      }
      case TraceStep.List: {
        const list = this.rule(rule).lists[values.list!];
        return `${list ? listName(list) : "a buffer"}: ${outcome(values)}`;
      }
      case TraceStep.Matched:
        return "MATCH";
      case TraceStep.Suspended:
        return "the rule is suspended: it spent its budget";
      case TraceStep.Cut:
        return "... (cut)";
      default:
        return "";
    }
  }

  /** The chain of a buffer and its name. */
  private chain({ rule, values }: Step): { name: string; chain: ConditionRecord[] } {
    const { payload, lists } = this.rule(rule);
    const first = values.condition!;
    if (first === 0 || payload[0]?.offset === first) return { name: "payload", chain: payload };
    const list = lists.find(({ chain }) => chain[0]?.offset === first);
    return list
      ? { name: listName(list), chain: list.chain }
      : { name: "base64_data", chain: this.reader.chain(first) };
  }

  private headline(step: Step, name: string): string {
    const data = step.data ?? new Uint8Array();
    const { length = 0, offset = 0 } = step.values;
    const more = length > SHOWN ? "..." : "";
    return `${name} ${quote(data.subarray(0, SHOWN))}${more} (${length} bytes${offset ? ` from ${offset}` : ""})`;
  }

  private look({ step, tried, held }: Look): string[] {
    const { name, chain } = this.chain(step);
    const lines = [this.headline(step, name)];
    const conditionAt = (offset: number): ConditionRecord =>
      chain.find((each) => each.offset === offset) ?? this.reader.chain(offset)[0]!;
    for (const [index, { condition, cursor }] of tried.entries()) {
      const record = conditionAt(condition);
      const end = tried[index + 1]?.cursor ?? held;
      if (end !== undefined) {
        const moved = end !== cursor || record.op === Op.Content;
        lines.push(`  ${this.text.of(record)}: holds${moved && !isNegated(record) ? `, up to ${end}` : ""}`);
        continue;
      }
      const miss = nearMiss(
        record,
        step.data ?? new Uint8Array(),
        step.values.length ?? 0,
        cursor,
        this.text,
        this.reader,
      );
      lines.push(`  ${this.text.of(record)}: does not hold${miss ? ` - ${miss}` : ""}`);
    }
    return lines;
  }

  /** A buffer the scan went over without bringing the rule: what of the rule is not in it. */
  private unseen(step: Step): string[] {
    const { name, chain } = this.chain(step);
    const data = step.data ?? new Uint8Array();
    const { length = 0 } = step.values;
    const misses = chain.flatMap((record) => {
      const miss = absoluteMiss(record, data, length, this.text, this.reader);
      return miss ? [`  ${this.text.of(record)}: ${miss}`] : [];
    });
    const stream = name === "payload" && (this.rule(step.rule).flags & RuleFlag.RequireStream) !== 0;
    const reason = stream
      ? "what it looks for is here; it is looked for in the stream, once that is acknowledged"
      : "its literal is not there";
    return [`${this.headline(step, name)}: not a candidate`, ...(misses.length > 0 ? misses : [`  ${reason}`])];
  }
}

function isNegated({ flags }: ConditionRecord): boolean {
  return (flags & 1) !== 0;
}

function listName({ buffer, transforms }: ListRecords): string {
  const name = (BufferId[buffer] ?? "transaction").replaceAll("__", ".");
  const steps = transforms.map((each) => (Transform[each] ?? "").replaceAll(/(?<=[a-z])([A-Z])/g, "_$1").toLowerCase());
  return [buffer === BufferId.None ? "transaction" : name, ...steps].join(" | ");
}

function outcome({ outcome: code, seen, wanted }: Readonly<Record<string, number>>): string {
  switch (code) {
    case ListOutcome.NotReached:
      return `the transaction is at step ${seen}, this comes with step ${wanted}`;
    case ListOutcome.Absent:
      return "not in this packet or transaction";
    case ListOutcome.HookPassed:
      return "its hook passed";
    default:
      return "held with an earlier packet";
  }
}
