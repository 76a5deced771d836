/** `replace`: occurrences to rewrite once the whole rule matched, in the packet's own payload only. */
import { Condition } from "../../abi/conditions";
import { ContentField, ContentFlag } from "../../abi/content_conditions";
import { database } from "../../rules/database";
import { data, flags, InspectFlag } from "./state";

/** Rewrites one rule can ask for. */
const MAX: u32 = 16;
const table: usize = memory.data(16 * 8);
let count: u32 = 0;

/** Remembers the occurrence that ends at `end`. */
export function noteReplacement(c: usize, end: u32): void {
  if ((flags & InspectFlag.PacketPayload) == 0 || count >= MAX) return;
  if ((load<u32>(c, Condition.flags) & ContentFlag.Replace) == 0) return;
  store<u32>(table + ((<usize>count) << 3), <u32>(data + end - load<u16>(c, ContentField.length)));
  store<u32>(table + ((<usize>count) << 3), <u32>c, 4);
  count++;
}

export function forgetReplacements(): void {
  count = 0;
}

/** Writes the replacements; true when a byte was written. */
export function applyReplacements(): bool {
  const any = count > 0;
  for (let i: u32 = 0; i < count; i++) {
    const at = load<u32>(table + ((<usize>i) << 3));
    const c = <usize>load<u32>(table + ((<usize>i) << 3), 4);
    memory.copy(at, database + load<u32>(c, ContentField.replace), load<u16>(c, ContentField.replaceLength));
  }
  count = 0;
  return any;
}
