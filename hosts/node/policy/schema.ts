/** The policy file as JSON Schema. Titles say in errors what is expected. */
import type { JsonSchema } from "../config/field.ts";

const text = { type: "string", minLength: 1, title: "a text" };
const mode = { enum: ["detect", "prevent"], title: "detect or prevent" };

const listOf = (item: JsonSchema): JsonSchema => ({
  if: { type: "array" },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { items: item, minItems: 1, title: `a list of ${item.title}` },
  else: item,
});

/** `2019401`, `1:2019401`, `2019000-2019999`. */
const SID = { type: ["integer", "string"], minimum: 1, pattern: "^(\\d+:)?\\d+$", title: "a sid, or gid:sid" };
const SIDS = {
  type: ["integer", "string"],
  minimum: 1,
  pattern: "^(\\d+:)?\\d+(\\s*-\\s*\\d+)?$",
  title: "a sid, gid:sid or a range (2019000-2019999)",
};
const CVE = { type: "string", pattern: "^[Cc][Vv][Ee][-_]\\d{4}[-_]\\d{4,}$", title: "a CVE id (CVE-2021-44228)" };
const SEVERITY = {
  type: ["integer", "string"],
  minimum: 1,
  maximum: 255,
  pattern: "^(<=|>=)?\\s*\\d+$|^\\d+\\s*-\\s*\\d+$",
  title: "a severity: 1, <=2, 1-2",
};
const METADATA_VALUE = { type: ["string", "number", "boolean"], title: "a value, or true for any" };
const ACTIONS = ["alert", "drop", "reject", "pass"];

const select = {
  type: "object",
  title: "what selects rules: sid, cve, category ...",
  minProperties: 1,
  additionalProperties: false,
  properties: {
    sid: listOf(SIDS),
    cve: listOf(CVE),
    category: listOf({ ...text, title: "a class (attempted-admin) or its description" }),
    classtype: listOf({ ...text, title: "a class (attempted-admin) or its description" }),
    severity: listOf(SEVERITY),
    metadata: {
      type: "object",
      minProperties: 1,
      title: "metadata keys with their values",
      additionalProperties: listOf(METADATA_VALUE),
    },
    file: listOf({ ...text, title: "a file name, * and ? allowed" }),
    group: listOf({ ...text, title: "a rule group (emerging-exploit), * and ? allowed" }),
    msg: listOf({ ...text, title: "a regular expression" }),
    protocol: listOf({ ...text, title: "a protocol of rule headers" }),
    action: listOf({ enum: [...ACTIONS], title: "alert, drop, reject or pass" }),
    enabled: { enum: [true, false, "any"], title: "true, false (rules that are commented out) or any" },
  },
};

const address = { ...text, title: "an address, network or list as in rules ([10.0.0.0/8,!10.1.2.3])" };
const port = { type: ["integer", "string"], minimum: 0, maximum: 65535, title: "a port, range or list as in rules" };

const exception = {
  type: "object",
  title: "an exception",
  additionalProperties: false,
  properties: {
    source: address,
    destination: address,
    address,
    "source-port": port,
    "destination-port": port,
    port,
    select,
    note: text,
  },
};

const sidEntry = (title: string, properties: JsonSchema): JsonSchema => ({
  if: { type: "object" },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { additionalProperties: false, required: ["sid"], title, properties: { sid: SID, note: text, ...properties } },
  else: SID,
});

export const POLICY_SCHEMA: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    mode,
    posture: {
      // YAML 1.2 reads off as a text, YAML 1.1 as false.
      enum: ["off", "monitor", "normal", "strict", false],
      title: "off, monitor, normal or strict",
    },
    unchosen: { enum: ["as-written", "off", false], title: "as-written or off" },
    assignments: {
      type: "object",
      title: "file and mode of the scan's assignments",
      additionalProperties: false,
      properties: {
        file: { ...text, title: "a file name" },
        mode: { enum: ["as-assigned", "detect", "prevent"], title: "as-assigned, detect or prevent" },
      },
    },
    rules: {
      type: "array",
      title: "a list of entries with select, action and mode",
      items: {
        type: "object",
        title: "an entry with select, action and mode",
        required: ["select"],
        additionalProperties: false,
        properties: {
          select,
          action: { enum: [...ACTIONS, "off", false], title: "alert, drop, reject, pass or off" },
          mode,
          note: text,
        },
      },
    },
    exceptions: { type: "array", title: "a list of exceptions", items: exception },
    pinned: {
      type: "array",
      title: "a list of sids",
      items: sidEntry("a sid with mode, action and note", {
        mode,
        action: { enum: [...ACTIONS], title: "alert, drop, reject or pass" },
      }),
    },
    suppressed: { type: "array", title: "a list of sids", items: sidEntry("a sid with a note", {}) },
  },
};
