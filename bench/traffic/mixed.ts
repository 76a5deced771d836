/**
 * A capture of mixed traffic, always the same for the same size: HTTP with bodies, TLS, SMB, mail, SSH, DNS, other datagrams;
 * large and small packets, some sixty conversations at a time.
 */
import type { Conversation } from "../../corpus/conversation.ts";
import { conversationFrames, DEFAULT_START } from "../../corpus/frames.ts";
import type { CapturedFrame } from "../../hosts/node/capture/frame.ts";
import { random } from "../random.ts";
import { conversationOf, type Dialogue } from "./dialogue.ts";
import { httpDialogue } from "./http.ts";
import { dnsDialogue, mailDialogue, noiseDialogue, ntpDialogue, sshDialogue } from "./services.ts";
import { smbDialogue } from "./smb.ts";
import { TextMaker } from "./text.ts";
import { tlsDialogue } from "./tls.ts";

/** Each protocol, and how often a conversation speaks it. */
const MIX: readonly [weight: number, make: (text: TextMaker) => Dialogue][] = [
  [22, httpDialogue],
  [20, tlsDialogue],
  [4, smbDialogue],
  [4, mailDialogue],
  [3, sshDialogue],
  [40, dnsDialogue],
  [4, ntpDialogue],
  [3, noiseDialogue],
];

const AT_ONCE = 64;
const SEED = 20261123;
/** Time between two frames: some 60,000 frames a second. */
const GAP_MICROSECONDS = 16;

/** Frames until about `bytes` are reached; the conversations begun by then come to their end. */
export function* mixedFrames(bytes: number, seed = SEED): Generator<CapturedFrame> {
  const next = random(seed);
  const text = new TextMaker(next);
  const lot = MIX.flatMap(([weight, make]) => new Array<typeof make>(weight).fill(make));
  const active: CapturedFrame[][] = [];
  let started = 0;
  let sent = 0;
  let clock = 0;
  while (sent < bytes || active.length > 0) {
    while (sent < bytes && active.length < AT_ONCE) {
      const frames: CapturedFrame[] = conversationFrames(between(text.pick(lot)(text), started++));
      active.push(frames.reverse());
    }
    const index = next(active.length);
    const frames = active[index]!;
    // A host sends a few frames at a time.
    for (let burst = 1 + next(6); burst > 0 && frames.length > 0; burst--) {
      const frame = frames.pop()!;
      clock += GAP_MICROSECONDS;
      sent += frame.data.length;
      yield { ...frame, seconds: DEFAULT_START + Math.floor(clock / 1e6), nanoseconds: (clock % 1e6) * 1000 };
    }
    if (frames.length === 0) {
      active[index] = active.at(-1)!;
      active.pop();
    }
  }
}

/** Inside hosts that talk to the world, and a few the world talks to; one in ten over IPv6. */
function between(dialogue: Dialogue, number: number): Conversation {
  const port = 1024 + ((number * 7919) % 64_000);
  const [inner, outer] = [number % 250, (number * 31) % 65_000];
  const inbound = number % 3 === 0;
  const six = number % 10 === 9;
  const home = six ? `fd00::${(inner + 1).toString(16)}` : `10.1.${inner % 4}.${inner + 1}`;
  const world = six
    ? `2001:db8::${(outer + 1).toString(16)}`
    : `198.${18 + (outer % 2)}.${(outer >> 8) & 255}.${outer & 255}`;
  return inbound ? conversationOf(dialogue, world, port, home) : conversationOf(dialogue, home, port, world);
}
