/** Configurations: names and defaults of suricata.yaml, and what a wrong setting is told. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  defaultConfiguration,
  inertSettings,
  isSetting,
  makeConfiguration,
  readConfiguration,
} from "../../hosts/node/config/configuration.ts";
import type { Configuration } from "../../hosts/node/config/schema/root.ts";
import { parseSize } from "../../hosts/node/config/size.ts";
import { formatError } from "../../hosts/node/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "vpatch-config-"));
const configuration = suite("configuration");
configuration.after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function failure(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return formatError(error).replaceAll(`${folder}/`, "");
  }
  throw new Error("nothing was wrong");
}

for (const [text, bytes] of [
  ["32mb", 33554432],
  ["1 MiB", 1048576],
  ["2.5kb", 2560],
  ["4096", 4096],
  [4096, 4096],
  ["1gb", 1073741824],
  ["ten", undefined],
  ["-1", undefined],
  [-1, undefined],
  ["12 parsecs", undefined],
] as const) {
  configuration(`the size ${text} is ${bytes ?? "none"}`, () => assert.is(parseSize(text), bytes));
}

configuration("without a file the defaults of the stock suricata.yaml hold", () => {
  const config = defaultConfiguration();
  assert.is(config.stream.memcap, 64 * 1024 * 1024);
  assert.is(config.stream.reassembly.depth, 1024 * 1024);
  assert.is(config.stream.midstream, false);
  assert.is(config["exception-policy"], "auto");
  assert.is(config["flow-timeouts"].tcp.established, 600);
  assert.is(config["app-layer"].protocols.modbus.enabled, "no");
  assert.is(config["app-layer"].protocols.imap.enabled, "detection-only");
  assert.is(config.vars["address-groups"].EXTERNAL_NET, "!$HOME_NET");
  assert.equal(config["action-order"], ["pass", "drop", "reject", "alert"]);
  assert.equal(config["host-os-policy"].windows, ["0.0.0.0/0"]);
});

configuration("Suricata's built-in defaults are at hand for configurations that start from nothing", () => {
  const config = defaultConfiguration("builtin");
  assert.is(config.stream.reassembly.depth, 0);
  assert.equal(config.vars["address-groups"], {});
  assert.equal(config["host-os-policy"].windows, []);
});

configuration("a file in suricata.yaml's form is read, %YAML 1.1 header and all", async () => {
  const config = await readConfiguration(
    file(
      "good.yaml",
      `%YAML 1.1
---
vars:
  address-groups:
    HOME_NET: "[10.1.0.0/16]"
  port-groups: { ODD_PORTS: 80:90 }
stream:
  midstream: yes
  memcap: 32 MiB
  inline: "no"
  reassembly:
defrag.memcap: # not nested: an unknown name
`.replace(/^defrag.*\n/m, ""),
    ),
  );
  assert.is(config.vars["address-groups"].HOME_NET, "[10.1.0.0/16]");
  assert.is(config.vars["address-groups"].HTTP_SERVERS, "$HOME_NET", "names that the file leaves out stay");
  assert.is(config.vars["port-groups"].ODD_PORTS, "80:90", "not a number in base 60");
  assert.is(config.stream.midstream, true);
  assert.is(config.stream.memcap, 33554432);
  assert.is(config.stream.inline, "no");
  assert.is(config.stream.reassembly.memcap, 256 * 1024 * 1024, "an empty group keeps its defaults");
});

configuration("JSON is YAML", async () => {
  const config = await readConfiguration(file("good.json", `{"packet-alert-max": "32", "defrag": {"timeout": 5}}`));
  assert.is(config["packet-alert-max"], 32);
  assert.is(config.defrag.timeout, 5);
});

for (const [name, text, expected] of [
  [
    "an unknown name",
    "stream:\n  midstrem: true\n",
    /error\[VPATCH_CONFIG\] bad.yaml:2:3: stream.midstrem: no such setting; did you mean "midstream"\?/,
  ],
  [
    "an unknown group",
    "a: 1\nstraem: {}\n",
    /bad.yaml:1:1: a: no such setting\n {2}bad.yaml:2:1: straem: no such setting; did you mean "stream"\?/,
  ],
  [
    "a word that is none of the choices",
    "stream: { midstream: maybe }",
    /bad.yaml:1:11: stream.midstream: expected yes or no, found "maybe"/,
  ],
  [
    "an unknown exception policy",
    "defrag:\n  memcap-policy: explode\n",
    /bad.yaml:2:3: defrag.memcap-policy: expected one of auto, ignore, .*found "explode"/,
  ],
  [
    "a bad size",
    "defrag:\n  memcap: 32 lightyears\n",
    /bad.yaml:2:3: defrag.memcap: expected a size such as 64mb, found "32 lightyears"/,
  ],
  [
    "a number out of range",
    "packet-alert-max: 300",
    /packet-alert-max: expected a whole number \(must be <= 255\), found 300/,
  ],
  ["a value where a group belongs", "stream: 3", /bad.yaml:1:1: stream: expected a group of settings, found 3/],
  [
    "an action order that leaves one out",
    "action-order: [pass, drop]",
    /action-order: expected all of pass, drop, reject and alert, each once/,
  ],
  [
    "a misspelt event type",
    "outputs:\n  - eve-log:\n      types:\n        - alrt\n",
    /bad.yaml:4:11: outputs\[0\].eve-log.types\[0\]: expected an event type, found "alrt"/,
  ],
  ["broken YAML", "stream: [1,\nfoo: }", /error\[VPATCH_CONFIG\] bad.yaml:2:\d+: not YAML or JSON: /],
  ["a name given twice", "defrag: {}\ndefrag: {}\n", /bad.yaml:2:1: not YAML or JSON: Map keys must be unique/],
  ["a list", "- 1", /bad.yaml:1: the configuration is not a map of settings/],
] as const) {
  configuration(`${name} is an error with its place`, async () => {
    assert.match(await failure(readConfiguration(file("bad.yaml", text))), expected);
  });
}

configuration("a file that is not there is named", async () => {
  assert.is(
    await failure(readConfiguration(join(folder, "none.yaml"))),
    "error[VPATCH_FILE] none.yaml: no such file or folder",
  );
});

configuration("an empty file changes nothing", async () => {
  assert.equal(await readConfiguration(file("empty.yaml", "")), defaultConfiguration());
});

configuration("event types come alone or with their options", async () => {
  const outputs = [
    {
      "eve-log": {
        types: [
          "dns",
          { alert: { packet: "yes", metadata: "no" } },
          { drop: { flows: "all" } },
          { http: { enabled: "no" } },
        ],
      },
    },
  ];
  const eve: Configuration["outputs"] = (await makeConfiguration({ outputs })).outputs;
  assert.equal([...eve.types], ["dns", "alert", "drop"]);
  assert.is(eve.alert.packet, true);
  assert.is(eve.alert.flow, false);
  assert.equal(eve.drop, { alerts: false, flows: "all", verdict: false });
  assert.is((await makeConfiguration({ outputs: [] })).outputs.types.size, 0, "no eve-log output: no events");
});

configuration("settings that nothing depends on are accepted and can be told", () => {
  assert.equal(inertSettings({ "af-packet": [{}], flow: { "hash-size": 1, memcap: 5 }, "mpm-algo": "auto" }), [
    "af-packet",
    "flow.hash-size",
    "mpm-algo",
  ]);
  assert.ok(isSetting(["app-layer", "protocols", "http", "libhtp", "server-config", "apache", "address"]));
  assert.not(isSetting(["stream", "midstrem"]));
});

configuration.run();
