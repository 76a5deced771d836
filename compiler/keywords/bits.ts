/** State that rules leave for each other: flowbits, flowint, xbits, hostbits. Suricata manual, "Flow Keywords", "Xbits". */
import { BitCommand, FlowIntCommand, Op, XbitsTrack } from "../../assembly/abi/conditions.ts";
import { RuleFlag } from "../../assembly/abi/rules.ts";
import { RuleError } from "../rule/problem.ts";
import { splitCommas } from "../rule/value.ts";
import type { SignatureBuilder } from "../signature/builder.ts";
import { parseUnsigned } from "./integer.ts";
import { family, type Keyword } from "./keyword.ts";

const COMMANDS: Readonly<Record<string, BitCommand>> = {
  set: BitCommand.Set,
  unset: BitCommand.Unset,
  toggle: BitCommand.Toggle,
  isset: BitCommand.IsSet,
  isnotset: BitCommand.IsNotSet,
};

const INT_OPERATORS: Readonly<Record<string, FlowIntCommand>> = {
  "=": FlowIntCommand.Set,
  "+": FlowIntCommand.Add,
  "-": FlowIntCommand.Subtract,
  "<": FlowIntCommand.Less,
  "<=": FlowIntCommand.LessOrEqual,
  "==": FlowIntCommand.Equal,
  "!=": FlowIntCommand.NotEqual,
  ">=": FlowIntCommand.GreaterOrEqual,
  ">": FlowIntCommand.Greater,
};

export const BITS_KEYWORDS: Keyword[] = family("Flow", [
  {
    name: "flowbits",
    value: "required",
    docs: "Named bits of a flow: set, unset, toggle, isset, isnotset, noalert; isset takes `a|b` for either.",
    apply: applyFlowbits,
  },
  {
    name: "flowint",
    value: "required",
    docs: "Named counters of a flow: `name,operator,value`, `name,isset`, `name,notset`; the value may be another name.",
    apply: applyFlowint,
  },
  {
    name: "xbits",
    value: "required",
    docs: "Named bits of a host or a pair of hosts: `command,name,track ip_src|ip_dst|ip_pair,expire seconds`.",
    apply: (signature, { text }) => applyXbits(signature, text),
  },
  {
    name: "hostbits",
    value: "required",
    docs: "Named bits of a host: `command,name,src|dst|both`.",
    apply: applyHostbits,
  },
]);

function applyFlowbits(signature: SignatureBuilder, { text }: { text: string }): void {
  const [word, ...rest] = splitCommas(text);
  if (word === "noalert" && rest.length === 0) {
    signature.flags |= RuleFlag.NoAlert;
    return;
  }
  const command = COMMANDS[word ?? ""];
  if (command === undefined) throw new RuleError(`"${word}" is not a flowbits command`);
  const names = rest
    .join(",")
    .split("|")
    .map((name) => name.trim());
  if (names.some((name) => !/^[^\s,|]+$/.test(name))) throw new RuleError(`"${text}" names no flowbit`);
  const reads = command === BitCommand.IsSet || command === BitCommand.IsNotSet;
  if (names.length > 1 && !reads) throw new RuleError(`several bits are only possible with isset and isnotset`);
  for (const name of names) signature.shared.names.hash("flowbit", name);
  const condition = { op: Op.FlowBits, command, names } as const;
  signature.flags |= RuleFlag.RequireFlow;
  if (reads) {
    signature.addPacket(condition);
    signature.use("flowbits", "reads");
  } else {
    signature.addPost(condition, command === BitCommand.Set);
    signature.use("flowbits", "writes");
  }
}

function applyFlowint(signature: SignatureBuilder, { text }: { text: string }): void {
  const [name, operator, value, ...more] = splitCommas(text);
  if (name === undefined || !/^[\w.%$()-]+$/.test(name) || more.length > 0) {
    throw new RuleError(`"${text}" is not "name,operator,value"`);
  }
  signature.shared.names.hash("flowint", name);
  signature.flags |= RuleFlag.RequireFlow;
  if (operator === "isset" || operator === "notset" || operator === "isnotset") {
    if (value !== undefined) throw new RuleError(`${operator} takes no value`);
    const command = operator === "isset" ? FlowIntCommand.IsSet : FlowIntCommand.IsNotSet;
    signature.addPacket({ op: Op.FlowInt, name, command, value: 0 });
    signature.use("flowint", "reads");
    return;
  }
  const command = INT_OPERATORS[operator ?? ""];
  if (command === undefined || value === undefined || value === "") {
    throw new RuleError(`"${text}" is not "name,operator,value"`);
  }
  const operand = /^\d+$/.test(value) ? parseUnsigned(value, 0xffff_ffff) : value;
  if (typeof operand === "string") signature.shared.names.hash("flowint", operand);
  const condition = { op: Op.FlowInt, name, command, value: operand } as const;
  if (command <= FlowIntCommand.Subtract) {
    signature.addPost(condition);
    signature.use("flowint", "writes");
  } else {
    signature.addPacket(condition);
    signature.use("flowint", "reads");
  }
}

const TRACKS: Readonly<Record<string, XbitsTrack>> = {
  ip_src: XbitsTrack.Source,
  ip_dst: XbitsTrack.Destination,
  ip_pair: XbitsTrack.Pair,
  tx: XbitsTrack.Tx,
};

/** Seconds a bit lives unless `expire` says so. */
const DEFAULT_EXPIRE = 30;

function applyXbits(signature: SignatureBuilder, text: string): void {
  const parts = splitCommas(text);
  if (parts.length === 1 && parts[0] === "noalert") {
    signature.flags |= RuleFlag.NoAlert;
    return;
  }
  const [word, name] = parts;
  const command = COMMANDS[word ?? ""];
  if (command === undefined) throw new RuleError(`"${word}" is not an xbits command`);
  if (name === undefined || name === "") throw new RuleError(`"${text}" names no bit`);
  let track: XbitsTrack | undefined;
  let expire = DEFAULT_EXPIRE;
  for (const part of parts.slice(2)) {
    const [key, value] = part.split(/\s+/);
    if (key === "track") track = TRACKS[value ?? ""];
    else if (key === "expire" && value !== undefined) {
      expire = parseUnsigned(value, 0xffff_ffff);
      if (expire === 0) throw new RuleError("expire must not be 0");
    } else throw new RuleError(`"${part}" is not an xbits option`);
  }
  if (track === undefined) throw new RuleError("the track is missing", { advice: `add "track ip_src"` });
  if (track === XbitsTrack.Tx && command !== BitCommand.Set && command !== BitCommand.IsSet) {
    throw new RuleError("bits of a transaction can only be set and tested");
  }
  addHostBit(signature, name, command, track, expire);
  signature.use(track === XbitsTrack.Pair ? "pairbits" : "hostbits", isRead(command) ? "reads" : "ignored");
}

function applyHostbits(signature: SignatureBuilder, { text }: { text: string }): void {
  const parts = splitCommas(text);
  if (parts.length === 1 && parts[0] === "noalert") {
    signature.flags |= RuleFlag.NoAlert;
    return;
  }
  const [word, name, side = "src", ...more] = parts;
  const command = COMMANDS[word ?? ""];
  if (command === undefined) throw new RuleError(`"${word}" is not a hostbits command`);
  if (name === undefined || name === "" || more.length > 0) throw new RuleError(`"${text}" names no bit`);
  if (side === "both") throw new RuleError("both is not supported, by Suricata neither");
  if (side !== "src" && side !== "dst") throw new RuleError(`"${side}" is neither src nor dst`);
  const track = side === "dst" ? XbitsTrack.Destination : XbitsTrack.Source;
  addHostBit(signature, name, command, track, 300);
  // Suricata's rule order looks for writers among hostbits and for readers among xbits only.
  signature.use("hostbits", isRead(command) ? "ignored" : "writes");
}

function addHostBit(
  signature: SignatureBuilder,
  name: string,
  command: BitCommand,
  track: XbitsTrack,
  expire: number,
): void {
  signature.shared.names.hash("xbit", name);
  const condition = { op: Op.Xbits, name, command, track, expire } as const;
  if (isRead(command)) signature.addPacket(condition, "ip-only");
  else signature.addPost(condition, true);
}

function isRead(command: BitCommand): boolean {
  return command === BitCommand.IsSet || command === BitCommand.IsNotSet;
}
