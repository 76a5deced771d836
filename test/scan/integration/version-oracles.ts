/**
 * Compares our version order with apt_pkg and with rpm itself on generated pairs (50,000 each by default).
 * Needs python3 with apt_pkg (python3-apt) and rpm (python3-rpm). Prints one line an oracle; exits 1 on any mismatch.
 */
import { spawnSync } from "node:child_process";
import { compareDpkg } from "../../../scan/versions/dpkg.ts";
import type { CompareVersions } from "../../../scan/versions/order.ts";
import { compareRpm } from "../../../scan/versions/rpm.ts";

/** xorshift32: the same pairs on every run and machine. */
function generator(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

const next = generator(20_251_123);
const pick = (list: readonly string[]): string => list[next(list.length)]!;
const times = (most: number, make: () => string): string => Array.from({ length: 1 + next(most) }, make).join("");
const number = (): string =>
  pick(["0", "1", "2", "9", "10", "00", "01", "010", "99999999999999999999", `${next(300)}`]);

function debianPart(): string {
  return `${number()}${times(4, () => pick([".", "+", "~", "a", "rc", "dfsg", "deb", "u", "Z", "", "~~", ".b"]) + number())}`;
}

function debianVersion(): string {
  const epoch = next(5) === 0 ? `${next(3)}:` : "";
  const dash = next(6) === 0 ? `-${debianPart()}` : "";
  const revision = next(4) === 0 ? "" : `-${debianPart()}`;
  return epoch + debianPart() + dash + revision;
}

function rpmPart(): string {
  return `${pick([number(), "a", "el"])}${times(4, () => pick([".", "_", "~", "^", "+", "..", "a", "el", "fc", "B", "", "^git"]) + pick([number(), "x", ""]))}`;
}

function rpmVersion(): string {
  return `${next(3)}:${rpmPart()}-${rpmPart()}`;
}

/** The second of a pair is often a small mutation of the first: unrelated versions differ at once and prove little. */
function pairs(count: number, make: () => string, glue: readonly string[]): [string, string][] {
  return Array.from({ length: count }, () => {
    const one = make();
    if (next(3) === 0) return [one, make()];
    const at = next(one.length + 1);
    const changed = one.slice(0, at) + pick(["", ...glue, number()]) + one.slice(at + next(3));
    const valid = /^\d/.test(changed) && !changed.endsWith("-") && (changed.match(/:/g) ?? []).length <= 1;
    const colon = changed.indexOf(":");
    return [one, valid && (colon < 0 || /^\d+$/.test(changed.slice(0, colon))) ? changed : make()];
  });
}

const oracles: {
  name: string;
  compare: CompareVersions;
  pairs: (count: number) => [string, string][];
  script: string;
}[] = [
  {
    name: "apt_pkg",
    compare: compareDpkg,
    pairs: (count) => pairs(count, debianVersion, ["~", ".", "+", "a", "-1"]),
    script: `
import sys, apt_pkg
apt_pkg.init()
for line in sys.stdin:
    a, b = line.rstrip("\\n").split("\\t")
    r = apt_pkg.version_compare(a, b)
    print((r > 0) - (r < 0))
`,
  },
  {
    name: "rpm",
    compare: compareRpm,
    pairs: (count) =>
      pairs(count, rpmVersion, ["~", ".", "^", "a"]).map(([a, b]) => [a, /^\d+:[^-]+-[^-]+$/.test(b) ? b : a]),
    script: `
import sys, rpm
def evr(text):
    epoch, rest = text.split(":", 1)
    version, release = rest.rsplit("-", 1)
    return (epoch, version, release)
for line in sys.stdin:
    a, b = line.rstrip("\\n").split("\\t")
    print(rpm.labelCompare(evr(a), evr(b)))
`,
  },
];

const count = Number(process.argv[2] ?? 50_000);
let failed = false;
for (const oracle of oracles) {
  const made = oracle.pairs(count);
  const input = made.map((pair) => pair.join("\t")).join("\n");
  const answer = spawnSync("/usr/bin/python3", ["-c", oracle.script], {
    input,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (answer.status !== 0) {
    console.error(`${oracle.name}: the oracle did not run: ${answer.stderr.trim().split("\n").at(-1)}`);
    failed = true;
    continue;
  }
  const expected = answer.stdout.trim().split("\n").map(Number);
  const wrong = made.filter(([a, b], i) => oracle.compare(a, b) !== expected[i]);
  const spread = [-1, 0, 1].map((sign) => expected.filter((order) => order === sign).length);
  console.log(
    `${oracle.name}: ${made.length} pairs (less, equal, greater: ${spread.join(", ")}), ${wrong.length} mismatches`,
  );
  for (const [a, b] of wrong.slice(0, 10)) console.log(`  ${a} against ${b}: ours ${oracle.compare(a, b)}`);
  failed ||= wrong.length > 0 || expected.length !== made.length;
}
process.exit(failed ? 1 : 0);
