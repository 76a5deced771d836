/** What one inspection of one buffer carries along: the buffer, the end of the last match, byte variables, limits. */
import { Cost } from "../../abi/cost";
import { Setting } from "../../abi/settings";
import { REGEX_DEFAULT_BUDGET } from "../../match/regex";
import { setting } from "../../memory/settings";
import { BYTE_VARIABLES } from "../../rules/conditions";
import { overBudget, spend } from "../../verdict/cost";

export let data: usize = 0;
export let length: u32 = 0;
/** Offset of `data` in the whole stream, body or file. */
export let streamOffset: u64 = 0;
/** InspectFlag bits */
export let flags: u32 = 0;
/** End of the last match: what relative conditions start from. */
export let cursor: u32 = 0;
/** One behind the start of the last pcre match, 0 before any. */
export let regexCursor: u32 = 0;
let steps: u32 = 0;
let stepLimit: u32 = 3000;

export enum InspectFlag {
  /** The buffer holds the first byte. */
  Start = 1,
  /** The buffer holds the last byte. */
  End = 2,
  DcerpcLittle = 4,
  DcerpcBig = 8,
  /** The payload of the packet: `replace` may rewrite it. */
  PacketPayload = 16,
}

/** Steps that the searches of one inspection after the first may take together: a byte of the buffer, and at the least. */
const SEARCH_STEPS_A_BYTE: u32 = 3;
const SEARCH_STEPS: u32 = 4000;
let searched: bool = false;
let searchSteps: u32 = 0;

const variables: usize = memory.data(BYTE_VARIABLES * 8);

export function byteVariable(index: u32): u64 {
  return load<u64>(variables + ((<usize>(index & (BYTE_VARIABLES - 1))) << 3));
}

export function setByteVariable(index: u32, value: u64): void {
  store<u64>(variables + ((<usize>(index & (BYTE_VARIABLES - 1))) << 3), value);
}

export function clearByteVariables(): void {
  memory.fill(variables, 0, BYTE_VARIABLES * 8);
}

/** Looks at another buffer from its beginning. */
export function openBuffer(at: usize, bytes: u32, offset: u64, inspectFlags: u32): void {
  data = at;
  length = bytes;
  streamOffset = offset;
  flags = inspectFlags;
  cursor = 0;
  regexCursor = 0;
  steps = 0;
  stepLimit = setting(Setting.RecursionLimit);
  searched = false;
  searchSteps = max(SEARCH_STEPS, min<u32>(bytes, 1 << 24) * SEARCH_STEPS_A_BYTE);
}

/** Steps the next search with a regex may take; 0: those before took all that an inspection is worth. */
export function searchAllowance(): u32 {
  return searched ? searchSteps : REGEX_DEFAULT_BUDGET;
}

/** Counts a search that took so many steps. */
export function countSearch(taken: u32): void {
  if (searched) searchSteps -= min(searchSteps, taken);
  searched = true;
}

/** Swaps the buffer for a nested chain (base64_data); the caller restores with it too. */
export function swapBuffer(at: usize, bytes: u32, offset: u64, inspectFlags: u32, newCursor: u32): void {
  data = at;
  length = bytes;
  streamOffset = offset;
  flags = inspectFlags;
  cursor = newCursor;
}

export function moveCursor(to: u32): void {
  cursor = to;
}

export function moveRegexCursor(to: u32): void {
  regexCursor = to;
}

/** Counts one condition step; false when the limit (detect.inspection-recursion-limit) or the packet's budget is reached. */
export function step(): bool {
  steps++;
  spend(Cost.Condition);
  return steps != stepLimit && !overBudget();
}

/** Steps of the inspection so far: its cost. */
export function stepsTaken(): u32 {
  return steps;
}
