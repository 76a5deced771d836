/** Which of two literals is the better one to look for. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { rarity, textKindOf } from "../../compiler/prefilter/rarity.ts";
import type { TextKind } from "../../compiler/prefilter/statistics.ts";

const bits = (text: string, nocase = false, kind: TextKind = "payload") =>
  rarity(new Uint8Array(Buffer.from(text, "latin1")), nocase, kind);

const RARER: [what: string, rare: number, common: number][] = [
  ["longer", bits("/wp-admin/evil"), bits("/wp-admin")],
  ["anything but zeroes", bits("\x13\x37\xca\xfe"), bits("\0\0\0\0\0\0\0\0")],
  ["random letters", bits("xkqzvj", true, "uri"), bits("images", true, "uri")],
  ["case that matters", bits("Select"), bits("Select", true)],
  ["words where they are not at home", bits("content-length", true, "host"), bits("content-length", true, "header")],
  ["three bytes", bits("abc"), bits("ab")],
];

for (const [what, rare, common] of RARER) test(`rarer: ${what}`, () => assert.ok(rare > common, `${rare} > ${common}`));

test("nothing is infinitely rare", () => {
  const long = "\x9d\x81\xfe".repeat(85);
  assert.ok(Number.isFinite(bits(long)) && bits(long) < 80, String(bits(long)));
  assert.is(bits(""), 0);
});

const KINDS: [buffer: string, kind: TextKind][] = [
  ["http.uri.raw", "uri"],
  ["http.host", "host"],
  ["dns.query", "host"],
  ["tls.sni", "host"],
  ["tls.certs", "payload"],
  ["http.request_body", "body"],
  ["file.data", "body"],
  ["http.user_agent", "header"],
  ["smb.named_pipe", "payload"],
];

test("buffers have the statistics of what they hold", () => {
  for (const [buffer, kind] of KINDS) assert.is(textKindOf(buffer), kind, buffer);
});

test.run();
