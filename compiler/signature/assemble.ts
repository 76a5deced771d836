/** One rule's syntax tree to signatures: reads the header, lets every keyword add its part, and closes the whole. */
import { Action } from "../../assembly/abi/codes.ts";
import { RuleFlag, RuleHook } from "../../assembly/abi/rules.ts";
import { addressSet, containsNegation, equalAddresses } from "../address.ts";
import type { Keyword } from "../keywords/keyword.ts";
import { findKeyword } from "../keywords/table.ts";
import { portSet } from "../port.ts";
import { equalSets } from "../ranges.ts";
import type { OptionAst, RuleAst } from "../rule/ast.ts";
import { RuleError } from "../rule/problem.ts";
import { type OptionValue, readValue } from "../rule/value.ts";
import { type BufferDefinition, buffer } from "./buffers.ts";
import { SignatureBuilder } from "./builder.ts";
import { finish, type Signature } from "./finish.ts";
import { appHook, packetHook } from "./hooks.ts";
import { emptyMetadata } from "./metadata.ts";
import { appProtocolName, headerProtocol } from "./protocols.ts";
import type { SharedTables } from "./shared.ts";

const ACTIONS: Readonly<Record<string, Action>> = {
  alert: Action.Alert,
  pass: Action.Pass,
  drop: Action.Drop,
  reject: Action.Reject,
  rejectsrc: Action.Reject,
  rejectdst: Action.RejectDst,
  rejectboth: Action.RejectBoth,
};

/** The action code of a word, as rules and threshold.config write it. @throws RuleError */
export function actionOf(word: string): Action {
  const action = ACTIONS[word === "log" ? "alert" : word];
  if (action === undefined) {
    throw new RuleError(`"${word}" is not an action`, { advice: `known: ${Object.keys(ACTIONS).join(", ")}` });
  }
  return action;
}

/**
 * Compiles one rule. A `<>` rule becomes two signatures unless both sides are alike. @throws RuleError with the keyword
 * and position where one option is to blame
 */
export function assemble(rule: RuleAst, shared: SharedTables): Signature[] {
  readFirst(rule);
  const forward = build(rule, shared, false);
  if (rule.direction !== "<>") return [forward];
  const sameSides =
    equalSets(forward.sourcePorts, forward.destinationPorts) && equalAddresses(forward.source, forward.destination);
  if (sameSides) return [forward];
  return [forward, build(rule, shared, true)];
}

/** `requires` decides before anything else is read: the rest of the rule may be of a language not known yet. */
function readFirst(rule: RuleAst): void {
  let sid = false;
  for (const option of rule.options) {
    const name = option.name.toLowerCase();
    if (name === "sid") sid = true;
    if (name !== "requires") continue;
    const keyword = findKeyword(name)!;
    locating(option, () => keyword.apply(undefined as never, readOption(keyword, option)));
  }
  if (!sid) throw new RuleError("the rule has no sid", { keyword: "sid", advice: "add sid:number;" });
}

function build(rule: RuleAst, shared: SharedTables, swapped: boolean): Signature {
  const signature = new SignatureBuilder(rule, shared, emptyMetadata());
  readHeader(signature, swapped);
  for (const option of rule.options) {
    locating(option, () => {
      const keyword = findKeyword(option.name);
      if (keyword === undefined) throw new RuleError("the keyword is unknown");
      keyword.apply(signature, readOption(keyword, option));
    });
  }
  signature.close();
  return finish(signature);
}

/** Runs a step for one option; its errors get the option's name and position. */
function locating(option: OptionAst, step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof RuleError) || error.line !== undefined) throw error;
    throw new RuleError(error.message, {
      keyword: option.name,
      line: option.line,
      column: option.column,
      ...(error.advice === undefined ? {} : { advice: error.advice }),
    });
  }
}

const NO_VALUE: OptionValue = { text: "", negated: false };

function readOption(keyword: Keyword, option: OptionAst): OptionValue {
  const given = option.value !== undefined && option.value !== "";
  if (keyword.value === "none") {
    if (given) throw new RuleError("the keyword takes no value");
    return NO_VALUE;
  }
  if (!given) {
    if (keyword.value === "required") throw new RuleError("the keyword needs a value");
    return NO_VALUE;
  }
  // pcre reads its own quotes, as variables may stand behind them.
  if (keyword.name === "pcre") return { text: option.value!, negated: false };
  return readValue(option.value!, keyword.quoting ?? "none", keyword.negatable);
}

function readHeader(signature: SignatureBuilder, swapped: boolean): void {
  const { rule, shared } = signature;
  const { action, protocol } = rule;
  const at = (position: { line: number; column: number }, step: () => void): void => {
    try {
      step();
    } catch (error) {
      if (!(error instanceof RuleError) || error.line !== undefined) throw error;
      const advice = error.advice === undefined ? {} : { advice: error.advice };
      throw new RuleError(error.message, { ...advice, line: position.line, column: position.column });
    }
  };
  at(action, () => {
    if (action.scope !== undefined || action.also !== undefined || action.name === "accept") {
      throw new RuleError("rules of the firewall mode are not supported", { keyword: action.name });
    }
    signature.action = actionOf(action.name);
  });
  at(protocol, () => readProtocol(signature));
  if (rule.direction === "=>") signature.flags |= RuleFlag.BothDirections;
  const [source, destination] = swapped ? [rule.destination, rule.source] : [rule.source, rule.destination];
  const [sourcePort, destinationPort] = swapped
    ? [rule.destinationPort, rule.sourcePort]
    : [rule.sourcePort, rule.destinationPort];
  at({ line: protocol.line, column: source.column }, () => {
    signature.source = addressSet(source, shared.addresses);
  });
  at({ line: protocol.line, column: sourcePort.column }, () => {
    signature.sourcePorts = portSet(sourcePort, shared.ports);
  });
  at({ line: protocol.line, column: destination.column }, () => {
    signature.destination = addressSet(destination, shared.addresses);
  });
  at({ line: protocol.line, column: destinationPort.column }, () => {
    signature.destinationPorts = portSet(destinationPort, shared.ports);
  });
  signature.negatedAddress =
    containsNegation(source, shared.addresses) || containsNegation(destination, shared.addresses);
}

const hookLists = new Map<string, BufferDefinition>();

function readProtocol(signature: SignatureBuilder): void {
  const { name, hook } = signature.rule.protocol;
  const header = headerProtocol(name);
  if (header === undefined) throw new RuleError(`"${name}" is not a protocol`);
  signature.header = header;
  if (header.app !== undefined) signature.setApp(header.app);
  if (header.only === "packet") signature.flags |= RuleFlag.RequirePacket;
  if (header.only === "stream") signature.flags |= RuleFlag.RequireStream;
  if (header.version === 4) signature.flags |= RuleFlag.Ipv4Only;
  if (header.version === 6) signature.flags |= RuleFlag.Ipv6Only;
  if (hook === undefined) return;
  if (header.app === undefined) {
    signature.hook = packetHook(hook);
    return;
  }
  const { direction, progress } = appHook(header.app, hook);
  const key = `${appProtocolName(header.app)}:${hook}`;
  let definition = hookLists.get(key);
  if (definition === undefined) {
    definition = buffer(key, 0, [{ app: header.app, direction, progress }], { kind: "hook" });
    hookLists.set(key, definition);
  }
  signature.hook = RuleHook.App;
  signature.hookProgress = progress;
  signature.addHook(definition);
}
