/** Address and port expressions with variables, as sets. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type AddressSet, addressSet } from "../../compiler/address.ts";
import { parseIPv4, parseIPv6 } from "../../compiler/ip.ts";
import { portSet } from "../../compiler/port.ts";
import { contains, normalize, subtract } from "../../compiler/ranges.ts";
import { parseList } from "../../compiler/rule/expression.ts";
import { Variables } from "../../compiler/variables.ts";

const addresses = new Variables("address", {
  A: "10.0.0.0/8",
  EMPTY: "",
  LOOP: "[$LOOP2]",
  LOOP2: "!$LOOP",
  ALL: "any",
});
const ports = new Variables("port", { WEB: "[80,443]" });

const quad = (n: number): string => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join(".");
const show = (set: AddressSet): string =>
  [
    ...set.v4.map(([low, high]) => (low === high ? quad(low) : `${quad(low)}-${quad(high)}`)),
    ...set.v6.map(([low, high]) => (low === high ? low.toString(16) : `${low.toString(16)}-${high.toString(16)}`)),
  ].join(" ");
const ALL6 = `0-${"f".repeat(32)}`;

test("addresses", () => {
  const cases: [expression: string, set: string][] = [
    ["any", `0.0.0.0-255.255.255.255 ${ALL6}`],
    ["[any]", `0.0.0.0-255.255.255.255 ${ALL6}`],
    ["192.168.1.7/24", "192.168.1.0-192.168.1.255"],
    ["1.2.3.4/255.255.0.0", "1.2.0.0-1.2.255.255"],
    ["0.0.0.0/0", "0.0.0.0-255.255.255.255"],
    ["1.1.1.1-1.1.1.3", "1.1.1.1-1.1.1.3"],
    ["[1.1.1.2,1.1.1.1,1.1.1.9]", "1.1.1.1-1.1.1.2 1.1.1.9"],
    ["::ffff:1.2.3.4", "ffff01020304"],
    ["fe80::/112", "fe800000000000000000000000000000-fe80000000000000000000000000ffff"],
    // Negations only: all others of the family, and nothing of the family that is not mentioned.
    ["!10.0.0.0/8", "0.0.0.0-9.255.255.255 11.0.0.0-255.255.255.255"],
    ["[10.0.0.0/8,!10.1.0.0/16]", "10.0.0.0-10.0.255.255 10.2.0.0-10.255.255.255"],
    ["$A", "10.0.0.0-10.255.255.255"],
    ["!$A", "0.0.0.0-9.255.255.255 11.0.0.0-255.255.255.255"],
    ["[!$A,10.9.9.9,11.0.0.1]", "11.0.0.1"],
    // A negated group is evaluated first.
    ["![10.0.0.0/8,!10.0.0.1]", "0.0.0.0-9.255.255.255 10.0.0.1 11.0.0.0-255.255.255.255"],
    [
      "$EXTERNAL_NET",
      "0.0.0.0-9.255.255.255 11.0.0.0-172.15.255.255 172.32.0.0-192.167.255.255 192.169.0.0-255.255.255.255",
    ],
  ];
  for (const [text, expected] of cases) {
    assert.is(show(addressSet(parseList(text, "address"), addresses)), expected, text);
  }
});

test("addresses that cannot be", () => {
  const cases: [expression: string, reason: RegExp][] = [
    ["!any", /negates every IPv4 address/],
    ["!$ALL", /negates every IPv4 address/],
    ["[1.1.1.1,!1.1.1.1]", /no address is left/],
    ["$NOPE", /"\$NOPE" is not defined/],
    ["$EMPTY", /"\$EMPTY" has no value/],
    ["$LOOP", /\$LOOP -> \$LOOP2 -> \$LOOP/],
    ["1.2.3", /not an IPv4 address/],
    ["1.2.3.256", /not an IPv4 address/],
    ["1.2.3.4/33", /not an IPv4 address/],
    ["1.1.1.2-1.1.1.1", /goes down/],
    ["1::2::3", /not an IPv6 address/],
    ["::/129", /not an IPv6 address/],
  ];
  for (const [text, reason] of cases)
    assert.throws(() => addressSet(parseList(text, "address"), addresses), reason, text);
});

test("ports", () => {
  const cases: [expression: string, set: number[][]][] = [
    ["any", [[0, 65535]]],
    ["80", [[80, 80]]],
    ["1024:", [[1024, 65535]]],
    [":1023", [[0, 1023]]],
    [
      "[80,81,1:3]",
      [
        [1, 3],
        [80, 81],
      ],
    ],
    [
      "!80",
      [
        [0, 79],
        [81, 65535],
      ],
    ],
    [
      "[1:100,!50]",
      [
        [1, 49],
        [51, 100],
      ],
    ],
    [
      "[1:100,!$WEB]",
      [
        [1, 79],
        [81, 100],
      ],
    ],
    [
      "$FILE_DATA_PORTS",
      [
        [80, 80],
        [110, 110],
        [143, 143],
      ],
    ],
  ];
  for (const [text, expected] of cases) assert.equal(portSet(parseList(text, "port"), ports), expected, text);
  for (const bad of ["!any", "!0:65535", "65536", "90:80", "http", "[80,!80]", "![1:65535,!80]", "$NOPE", ":"]) {
    assert.throws(() => portSet(parseList(bad, "port"), ports), undefined, bad);
  }
});

test("textual addresses are as strict as inet_pton", () => {
  assert.is(parseIPv4("255.0.0.1"), 0xff000001);
  for (const bad of ["", "1.2.3", "01.2.3.4", "1.2.3.4.5", "1.2.3.a"]) assert.is(parseIPv4(bad), undefined, bad);
  assert.is(parseIPv6("::"), 0n);
  assert.is(parseIPv6("1::"), 1n << 112n);
  assert.is(parseIPv6("1::1.2.3.4"), (1n << 112n) | 0x01020304n);
  assert.is(parseIPv6("1:2:3:4:5:6:7:8"), 0x00010002000300040005000600070008n);
  for (const bad of ["", ":", "1", ":::", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "::1.2.3"]) {
    assert.is(parseIPv6(bad), undefined, bad);
  }
});

test("range sets are canonical", () => {
  assert.equal(
    normalize([
      [5, 9],
      [1, 2],
      [3, 3],
      [7, 12],
    ]),
    [
      [1, 3],
      [5, 12],
    ],
  );
  assert.equal(
    subtract(
      [
        [0, 10],
        [20, 30],
      ],
      [
        [0, 0],
        [3, 4],
        [9, 25],
      ],
    ),
    [
      [1, 2],
      [5, 8],
      [26, 30],
    ],
  );
  assert.equal(subtract([[0n, 3n]], [[0n, 3n]]), []);
  assert.ok(
    contains(
      [
        [1, 3],
        [7, 9],
      ],
      7,
    ),
  );
  assert.not.ok(
    contains(
      [
        [1, 3],
        [7, 9],
      ],
      5,
    ),
  );
});

test.run();
