/**
 * What is kept of a body: a window that slides as inspection goes on.
 *
 *     first byte of the body                                            total
 *     |   given up   |  kept: data, length  ............................|
 *                    base            inspected
 *
 * Inspection waits until `minimal-inspect-size` bytes are there, the limit is reached or the body is over (at once in inline mode), and then
 * looks at new bytes together with up to `inspect-window` bytes before them. The `*-body-limit` bounds what is taken at all.
 */
import { Setting } from "../abi/settings";
import { Account, acquire, release } from "../memory/heap";
import { setting } from "../memory/settings";
import { appendText, freeText, Text } from "./text";
import { ViewFlag, viewWindow } from "./view";

@unmanaged
export class Body {
  data: usize = 0;
  length: u32 = 0;
  /** Offset of the first kept byte, and the bytes taken so far. */
  base: u64 = 0;
  total: u64 = 0;
  /** Inspected up to here before the data at hand, and what has been shown of it since. */
  inspected: u64 = 0;
  shown: u64 = 0;
  /** Form parsing has come this far. */
  parsed: u64 = 0;

  get text(): Text {
    return changetype<Text>(changetype<usize>(this));
  }
}

/** The settings of one direction's bodies. */
let minimal: u64 = 0;
let window: u64 = 0;
let limit: u64 = 0;

function useSettings(request: bool): void {
  minimal = <u64>setting(request ? Setting.HttpRequestBodyMinInspect : Setting.HttpResponseBodyMinInspect);
  window = <u64>setting(request ? Setting.HttpRequestBodyInspectWindow : Setting.HttpResponseBodyInspectWindow);
  limit = <u64>setting(request ? Setting.HttpRequestBodyLimit : Setting.HttpResponseBodyLimit);
}

/** A new body; 0 when memory is short. */
export function openBodyStore(): usize {
  const at = acquire(Account.Http, <u32>offsetof<Body>());
  if (at != 0) memory.fill(at, 0, offsetof<Body>());
  return at;
}

export function freeBody(at: usize): void {
  if (at == 0) return;
  freeText(changetype<Body>(at).text);
  release(at);
}

/** Takes what the body limit allows of `length` new bytes. Returns the bytes taken; 0 when the limit is reached. */
export function appendBody(b: Body, request: bool, data: usize, length: u32): u32 {
  useSettings(request);
  commitInspection(b);
  prune(b);
  if (limit != 0) {
    if (b.total >= limit) return 0;
    length = <u32>min<u64>(<u64>length, limit - b.total);
  }
  if (!appendText(b.text, Account.Http, data, length)) return 0;
  b.total += <u64>length;
  return length;
}

/** Nothing more of this body is kept. */
export function isFull(at: usize, request: bool): bool {
  if (at == 0) return false;
  useSettings(request);
  return limit != 0 && changetype<Body>(at).total >= limit;
}

/** What was shown to the rules with the last data counts as inspected from now on. */
export function commitInspection(b: Body): void {
  if (b.shown > b.inspected) b.inspected = b.shown;
}

/** Gives up what no inspection will look at again. Bodies nobody inspects slide as well. */
function prune(b: Body): void {
  const most = max<u64>(minimal, window);
  if (b.total - b.inspected > most * 3) b.inspected = b.total - most;
  else if (b.inspected < most) return;
  if (b.inspected <= minimal || b.inspected <= window) return;
  const edge = b.inspected - window;
  if (edge <= b.base) return;
  const gone = <u32>min<u64>(edge - b.base, <u64>b.length);
  memory.copy(b.data, b.data + gone, b.length - gone);
  b.length -= gone;
  b.base += <u64>gone;
}

/** The body has just become long enough to be inspected: the raw stream should be inspected with it. */
export function isRipe(b: Body, request: bool): bool {
  const least = setting(request ? Setting.HttpRequestBodyMinInspect : Setting.HttpResponseBodyMinInspect);
  return b.inspected == 0 && b.shown == 0 && b.total >= <u64>least;
}

function isInline(): bool {
  const inline = setting(Setting.HttpBodyInline);
  return inline == 1 || (inline == 2 && setting(Setting.Prevent) != 0);
}

/**
 * Shows what inspection may look at now; false when it has to wait. `over`: the body, or the stream, is over; `done`: the transaction has
 * left the body state, so the view holds the end.
 */
export function viewBody(at: usize, request: bool, over: bool, done: bool): bool {
  if (at == 0) return false;
  const b = changetype<Body>(at);
  if (b.total == 0) return false;
  useSettings(request);
  if (!isInline() && !over && b.total < minimal && (limit == 0 || b.total < limit)) return false;
  let offset: u64 = 0;
  if (b.inspected > minimal) {
    const fresh = b.total - b.inspected;
    if (fresh < window) {
      const short = window - fresh;
      offset = b.inspected < short ? 0 : b.inspected - short;
    } else offset = b.inspected - window / 4;
  }
  if (offset < b.base) offset = b.base;
  b.shown = b.total;
  const skip = <u32>(offset - b.base);
  const flags = (offset == 0 ? ViewFlag.Start : 0) | (done ? ViewFlag.End : 0) | ViewFlag.Growing;
  return viewWindow(b.data + skip, b.length - skip, offset, flags);
}
