/** Version order of each ecosystem: every line is `smaller < larger` or `one = other`. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { versionComparer } from "../../scan/versions/index.ts";

const tables: Record<string, string> = {
  deb: `
    2.4.54-1~deb11u1 < 2.4.54-1
    1.0~rc1-1 < 1.0-1
    1:1.0-1 > 9.9-9
    1.0-1 = 1.0-01
    1.0 = 1.0-0
    9.0.43-2~deb11u10 < 9.0.118-0+deb11u1
    2.0.0+dfsg-1 < 2.0.0+git1-1
    1.2.3-1 < 1.2.3-1+b1`,
  rpm: `
    1.0.6-2.el8_4 < 1.0.6-10.el8
    1.0~rc1-1 < 1.0-1
    1.0-1 < 1.0^git1-1
    1.0^git1-1 < 1.0.1-1
    1:1.0-1 > 2.0-1
    1.0 = 1.0-7.el9
    5.5p1 > 5.5
    1.1.a < 1.1.1`,
  apk: `
    1.2.3-r0 < 1.2.3-r1
    1.2.3_rc1-r0 < 1.2.3-r0
    1.2.3-r0 < 1.2.3_p1-r0
    1.2.3 < 1.2.3a
    1.01 < 1.1`,
  npm: `
    1.0.0-rc.1 < 1.0.0
    1.0.0-2 < 1.0.0-10
    1.2 < 1.2.1
    4.17.20 < 4.17.21`,
  maven: `
    2.0-beta9 < 2.0-rc1
    2.0-rc1 < 2.0
    2.14.1 < 2.15.0
    1.0 = 1.0.0
    1.0-SNAPSHOT < 1.0
    1.0 < 1.0-sp1
    9.0.0.M1 < 9.0.1`,
  pypi: `
    1.0.dev1 < 1.0a1
    1.0a1 < 1.0
    1.0 < 1.0.post1
    1.0 = 1.0.0
    1!0.1 > 2.0
    nonsense < 0.0.1`,
  composer: `
    1.0.0-beta2 < 1.0.0-RC1
    1.0.0-RC1 < 1.0.0
    5.9 < 5.10`,
  gem: `
    1.0.0.rc1 < 1.0.0
    1.0 = 1.0.0
    6.1.7.2 < 6.1.7.10`,
  generic: `
    8.5.4 < 8.5.4.1
    9.0.0.M1 < 9.0.0
    8.8.15_P30 < 8.8.15_P31
    8.8.15 < 8.8.15_P1
    2018 update 10 < 2018 update 11
    2022.10.1 < 2022.10.2
    17.0.0 = 17.0
    15.0.1497.2 < 15.0.1497.12
    2.4.0-rc1 < 2.4.0
    12.2.1.3.0 < 12.2.1.4.0
    10.0.17763.1217 < 10.0.17763.1294`,
};

for (const [type, table] of Object.entries(tables)) {
  test(`order of ${type} versions`, () => {
    const compare = versionComparer(type);
    for (const line of table.trim().split("\n")) {
      const [, a, sign, b] = /^(.+) ([<=>]) (.+)$/.exec(line.trim())!;
      const expected = { "<": -1, "=": 0, ">": 1 }[sign as "<" | "=" | ">"];
      assert.is(compare(a!, b!), expected, line.trim());
      assert.is(compare(b!, a!) + expected, 0, `${line.trim()}, the other way round`);
    }
  });
}

test.run();
