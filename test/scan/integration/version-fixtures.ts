/** Our version orders against the comparison fixtures of osv-scalibr, which come from the ecosystems' own tools. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { versionComparer } from "../../../scan/versions/index.ts";
import { check, dataFolder } from "./data.ts";

const folder = join(dataFolder(), "osv-scalibr-semantic");
/** Fixture, purl type, and how many lines differ for a reason that is known. */
const fixtures: [file: string, type: string, allowed: number, why: string][] = [
  ["alpine-versions", "apk", 10, "revisions like 1-r, which no package has"],
  ["alpine-versions-generated", "apk", 0, ""],
  ["debian-versions", "deb", 0, ""],
  ["debian-versions-generated", "deb", 0, ""],
  ["maven-versions", "maven", 1, "1-1 = 1-ga-1, which newer Maven says"],
  ["maven-versions-generated", "maven", 0, ""],
  ["packagist-versions", "composer", 0, ""],
  [
    "packagist-versions-generated",
    "composer",
    8,
    "capitals of ALPHA and BETA, and .post, which Composer does not know",
  ],
  ["pypi-versions", "pypi", 0, ""],
  ["pypi-versions-generated", "pypi", 0, ""],
  ["redhat-versions", "rpm", 4, "a version without release, which we compare by version alone"],
  ["rubygems-versions", "gem", 0, ""],
  ["rubygems-versions-generated", "gem", 0, ""],
  ["semver-versions", "npm", 0, ""],
  ["nuget-versions", "nuget", 1, "capitals in a pre-release of four numbers"],
];

for (const [file, type, allowed, why] of fixtures) {
  const path = join(folder, `${file}.txt`);
  if (!existsSync(path)) continue;
  const compare = versionComparer(type);
  let lines = 0;
  let wrong = 0;
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const match = /^(\S+) ([<=>]) (\S+)$/.exec(line.replace(/\/\/.*|#.*/, "").trim());
    if (!match) continue;
    lines++;
    const [, a, sign, b] = match;
    const expected = { "<": -1, "=": 0, ">": 1 }[sign as "<" | "=" | ">"];
    if (compare(a!, b!) !== expected || compare(b!, a!) + expected !== 0) wrong++;
  }
  check(wrong <= allowed, `${file}: ${lines} lines, ${wrong} differ${wrong > 0 ? ` (${why})` : ""}`);
}
