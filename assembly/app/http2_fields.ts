/** Headers of one direction of an HTTP/2 transaction, by name. */
import { Account } from "../memory/heap";
import { equalsExactly } from "./ascii";
import { Side } from "./http2_state";
import { appendByte, appendText, setText, Text } from "./text";

/** What was found last; valid until the side changes. */
export let foundValue: usize = 0;
export let foundLength: u32 = 0;

/** The first header of this name. */
export function findField(side: Side, name: string): bool {
  const n = side.fieldCount;
  for (let i: u32 = 0; i < n; i++) {
    const f = side.field(i);
    if (!equalsExactly(side.bytesData + f.at, f.nameLength, name)) continue;
    foundValue = side.bytesData + f.at + f.nameLength;
    foundLength = f.valueLength;
    return true;
  }
  return false;
}

/**
 * All headers of this name, joined with ", " in `into`. A repeated one whose name comes out of the dynamic table is left out, so that a
 * small block cannot make a large value (as Suricata does).
 */
export function joinFields(side: Side, name: string, into: Text): bool {
  const n = side.fieldCount;
  let found: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const f = side.field(i);
    const at = side.bytesData + f.at;
    if (!equalsExactly(at, f.nameLength, name)) continue;
    const value = at + f.nameLength;
    if (found == 0) {
      foundValue = value;
      foundLength = f.valueLength;
      found = 1;
      continue;
    }
    if (f.shared) continue;
    if (found == 1) setText(into, Account.Http, foundValue, foundLength);
    found = 2;
    appendByte(into, Account.Http, 0x2c);
    appendByte(into, Account.Http, 0x20);
    appendText(into, Account.Http, value, f.valueLength);
  }
  if (found == 2) {
    foundValue = into.data;
    foundLength = into.length;
  }
  return found > 0;
}
