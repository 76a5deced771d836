/** `replace`: occurrences to rewrite once the whole rule matched, in the packet's own payload only. */
import { Action, DropReason } from "../../abi/codes";
import { Condition } from "../../abi/conditions";
import { ContentField, ContentFlag } from "../../abi/content_conditions";
import { Setting } from "../../abi/settings";
import { dropPacket } from "../../flow/exception";
import { setting } from "../../memory/settings";
import { database } from "../../rules/database";
import { rewritePayload } from "../../wire/checksum";
import { Packet, PacketFlag } from "../../wire/packet";
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

/**
 * Writes the replacements. A packet that has no frame of its own (out of a tunnel or of fragments) cannot be rewritten where the receiver
 * would see it: it is dropped instead.
 */
export function applyReplacements(packet: Packet): void {
  const any = count > 0 && setting(Setting.Prevent) != 0;
  if (any && packet.outer != 0) dropPacket(packet, Action.Drop, DropReason.Rules);
  for (let i: u32 = 0; any && packet.outer == 0 && i < count; i++) {
    const at = load<u32>(table + ((<usize>i) << 3));
    const c = <usize>load<u32>(table + ((<usize>i) << 3), 4);
    rewritePayload(packet, at, database + load<u32>(c, ContentField.replace), load<u16>(c, ContentField.replaceLength));
    packet.set(PacketFlag.Modified);
  }
  count = 0;
}
