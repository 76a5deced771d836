/** The steps of a traced rule (assembly/abi/trace.ts), read from the core's events. */
import type { EventView } from "../eve/record.ts";

/** One step. Members are those that abi/trace.ts names for its kind. */
export interface Step {
  frame: number;
  direction: "to_server" | "to_client" | undefined;
  /** Index of the rule's record: a rule of both directions has two. */
  rule: number;
  /** TraceStep */
  step: number;
  values: Readonly<Record<string, number>>;
  /** The first bytes of a buffer. */
  data?: Uint8Array;
}

const OPEN_MAP = 0xbf;
const BREAK = 0xff;

/** Reads an event of type Trace. Its body is one flat map of numbers and byte strings. @throws RangeError when it is not */
export function readStep(event: EventView): Step {
  const values: Record<string, number> = {};
  const { body } = event;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let data: Uint8Array | undefined;
  let at = 1;
  const head = (): { major: number; value: number } => {
    const first = view.getUint8(at++);
    const size = first & 31;
    const major = first >> 5;
    if (size < 24) return { major, value: size };
    const value =
      size === 24
        ? view.getUint8(at)
        : size === 25
          ? view.getUint16(at)
          : size === 26
            ? view.getUint32(at)
            : Number(view.getBigUint64(at));
    at += 1 << (size - 24);
    return { major, value };
  };
  if (body[0] !== OPEN_MAP) throw new RangeError("a trace step is not a map");
  while (body[at] !== BREAK) {
    const key = head();
    const name = Buffer.from(body.subarray(at, at + key.value)).toString("latin1");
    at += key.value;
    const item = head();
    if (item.major === 0) values[name] = item.value;
    else {
      data = body.slice(at, at + item.value);
      at += item.value;
    }
  }
  return {
    frame: event.frame,
    direction: event.direction,
    rule: event.rule ?? 0,
    step: values.step ?? 0,
    values,
    ...(data ? { data } : {}),
  };
}
