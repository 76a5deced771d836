/** One rule against one transaction: its lists in order of progress, resumed where an earlier packet left it. */
import { AppProto, Direction } from "../../abi/codes";
import { BufferRecord, ListFlag, ListRecord } from "../../abi/lists";
import { RuleFlag, RuleRecord } from "../../abi/rules";
import { ListOutcome } from "../../abi/trace";
import { appBuffer, completeProgress, hasInner } from "../../app/registry";
import { AppState, Tx } from "../../app/transaction";
import { ViewFlag, viewData, viewFlags, viewLength, viewOffset } from "../../app/view";
import { buffers, lists } from "../../rules/database";
import { traceAbsent, traceBuffer, traceList, traceOutcome, tracing } from "../../verdict/trace";
import { Packet } from "../../wire/packet";
import { inspectAbsent, inspectBuffer } from "../content/inspect";
import { InspectFlag } from "../content/state";
import { inspectStream } from "../payload";
import { coversProtocol } from "../state/protocol";
import { applyTransforms } from "../transform";
import { matchTransaction } from "./conditions";
import { CANNOT_MATCH, FILE_MISMATCH, FULL_MATCH } from "./rule_state";

/** Base buffers below this belong to packets (abi/buffers.ts). */
export const FIRST_APP_BUFFER: u32 = 32;
/** Instances of a multi-buffer that are looked at. */
const MAX_INSTANCES: u32 = 1024;

export enum Answer {
  No = 0,
  Yes = 1,
  /** Not in this transaction any more. */
  Never = 2,
}

/** The flags after the last `inspectRule`. */
export let ruleFlags: u32 = 0;
/** The list with the prefilter is behind us: its literals bring this rule no more. */
export let prefilterPassed: bool = false;
/** The list with the prefilter will be scanned again. */
export let prefilterComesAgain: bool = false;

/** Progress of the transaction's direction before the inspection at hand. */
let passedBefore: u32 = 0;

export function openTransaction(passed: u32): void {
  passedBefore = passed;
}

/** Record of list `i` of the rule. */
export function listOf(rule: usize, i: u32): usize {
  return lists + <usize>(load<u32>(rule, RuleRecord.lists) + i) * ListRecord.size;
}

/** Base buffer of a list. */
export function baseOf(list: usize): u32 {
  return load<u16>(buffers + <usize>load<u16>(list, ListRecord.buffer) * BufferRecord.size, BufferRecord.base);
}

/** Does the list look at a buffer of packets? It was checked before the transaction then. */
function isPacketList(list: usize): bool {
  return (
    (load<u8>(list, ListRecord.flags) & (ListFlag.Stream | ListFlag.Generic | ListFlag.Hook)) == 0 &&
    baseOf(list) < FIRST_APP_BUFFER
  );
}

function isForProtocol(list: usize, proto: u32): bool {
  const wanted = <u32>load<u8>(list, ListRecord.appProto);
  return wanted == AppProto.Unknown || coversProtocol(wanted, proto);
}

/** Inspects the lists not matched yet (`flags`: from the stored state, 0 for a new one). True: the rule matched. */
export function inspectRule(rule: usize, state: AppState, tx: Tx, direction: u32, packet: Packet, flags: u32): bool {
  const n = <u32>load<u16>(rule, RuleRecord.listCount);
  const both = (load<u32>(rule, RuleRecord.flags) & RuleFlag.BothDirections) != 0;
  ruleFlags = flags;
  prefilterPassed = false;
  prefilterComesAgain = false;
  let hooked = false;
  let matches: u32 = 0;
  let i: u32 = 0;
  for (; i < n; i++) {
    const list = listOf(rule, i);
    const bit: u32 = 1 << load<u16>(list, ListRecord.id);
    if ((ruleFlags & bit) != 0 || isPacketList(list)) {
      if (tracing && (ruleFlags & bit) != 0) traceOutcome(i, ListOutcome.HeldBefore, 0, 0);
      continue;
    }
    const listDirection = <u32>load<u8>(list, ListRecord.direction);
    if (listDirection != direction && !(both && direction == Direction.ToClient)) {
      // A rule over both directions is decided when the response comes.
      if (both && direction == Direction.ToServer && i + 1 == n) break;
      continue;
    }
    if (!isForProtocol(list, tx.proto)) continue;
    if (!hasInner(tx, load<u8>(list, ListRecord.appProto), listDirection)) continue;
    const progress = <u32>load<u8>(list, ListRecord.progress);
    const reached = tx.progress(listDirection);
    if (reached < progress) {
      if (tracing) traceOutcome(i, ListOutcome.NotReached, reached, progress);
      break;
    }
    const listFlags = <u32>load<u8>(list, ListRecord.flags);
    if ((listFlags & ListFlag.Prefilter) != 0) {
      if (reached > progress) prefilterPassed = true;
      else prefilterComesAgain = true;
    }
    if ((listFlags & ListFlag.Hook) != 0) {
      // A hook is asked for as long as its progress lasts, and once when it was passed over; no state is kept meanwhile.
      if (passedBefore > progress) {
        if (tracing) traceOutcome(i, ListOutcome.HookPassed, passedBefore, progress);
        break;
      }
      hooked = true;
      matches++;
      continue;
    }
    if (tracing) traceList(i);
    const answer = inspectList(list, listFlags, state, tx, listDirection, packet, reached > progress);
    if (answer == Answer.Yes) {
      ruleFlags |= bit;
      matches++;
      continue;
    }
    if (answer == Answer.Never) {
      ruleFlags |= CANNOT_MATCH | bit;
      if ((listFlags & ListFlag.File) != 0) ruleFlags |= FILE_MISMATCH;
    }
    if ((listFlags & ListFlag.Prefilter) != 0 && prefilterPassed) ruleFlags |= CANNOT_MATCH | bit;
    break;
  }
  if (i < n || matches == 0) return false;
  if (hooked) ruleFlags = 0;
  else ruleFlags |= FULL_MATCH;
  return true;
}

/** One list. `over`: the transaction is past the progress at which this buffer grows. */
function inspectList(
  list: usize,
  listFlags: u32,
  state: AppState,
  tx: Tx,
  direction: u32,
  packet: Packet,
  over: bool,
): Answer {
  const chain = load<u32>(list, ListRecord.conditions);
  const no = over ? Answer.Never : Answer.No;
  if ((listFlags & ListFlag.Generic) != 0)
    return matchTransaction(chain, state, tx, direction, packet) ? Answer.Yes : no;
  if ((listFlags & ListFlag.Stream) != 0) return inspectStream(chain, packet) ? Answer.Yes : Answer.No;
  const index = <u32>load<u16>(list, ListRecord.buffer);
  const base = baseOf(list);
  for (let instance: u32 = 0; instance < MAX_INSTANCES; instance++) {
    if (!appBuffer(state, tx, base, direction, instance)) {
      if (instance == 0 && over && inspectAbsent(chain)) return Answer.Yes;
      if (tracing && instance == 0) traceAbsent();
      return no;
    }
    const little: u32 = (viewFlags & ViewFlag.DcerpcLittle) != 0 ? InspectFlag.DcerpcLittle : 0;
    const flags = (viewFlags & (InspectFlag.Start | InspectFlag.End)) | little;
    const offset = viewOffset;
    if (!applyTransforms(index)) return no;
    if (inspectBuffer(chain, viewData, viewLength, offset, flags)) return Answer.Yes;
    if ((listFlags & (ListFlag.Multi | ListFlag.File)) == 0) return no;
  }
  return no;
}

/** Traces what the scan for the rule's literal looked at: the buffers of its prefilter's list. */
export function tracePrefiltered(rule: usize, state: AppState, tx: Tx, direction: u32): void {
  const n = <u32>load<u16>(rule, RuleRecord.listCount);
  for (let i: u32 = 0; i < n; i++) {
    const list = listOf(rule, i);
    if ((load<u8>(list, ListRecord.flags) & ListFlag.Prefilter) == 0) continue;
    if (load<u8>(list, ListRecord.direction) != <u8>direction || !isForProtocol(list, tx.proto)) continue;
    traceList(i);
    for (let instance: u32 = 0; instance < MAX_INSTANCES; instance++) {
      if (!appBuffer(state, tx, baseOf(list), direction, instance)) break;
      if (!applyTransforms(load<u16>(list, ListRecord.buffer))) break;
      traceBuffer(load<u32>(list, ListRecord.conditions), viewData, viewLength, viewOffset);
    }
  }
}

/** Is the direction of this transaction complete? */
export function isOver(tx: Tx, direction: u32): bool {
  return tx.progress(direction) >= completeProgress(tx.proto, direction);
}
