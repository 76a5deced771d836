/** Keywords that describe a rule: msg, sid, rev, gid, classtype, priority, reference, metadata, target, requires. */
import { RuleFlag } from "../../assembly/abi/rules.ts";
import { RuleError } from "../rule/problem.ts";
import { parseUnsigned } from "./integer.ts";
import { family, type Keyword } from "./keyword.ts";
import { unmetRequirement } from "./requires.ts";

const U32 = 0xffff_ffff;

/** Thrown by `requires` when it is not met: such a rule is passed over, as its author asks. */
export class SkippedRule extends Error {}

export const META_KEYWORDS: Keyword[] = family("Meta", [
  {
    name: "msg",
    value: "required",
    quoting: "mandatory",
    docs: "The text of the alert.",
    apply: (signature, { text }) => {
      signature.meta.msg = text.replace(/\\(.)/g, "$1");
    },
  },
  {
    name: "sid",
    value: "required",
    docs: "The number of the rule, unique within its gid.",
    apply: (signature, { text }) => {
      const sid = parseUnsigned(text.replace(/^"(.*)"$/, "$1"), U32);
      if (sid === 0) throw new RuleError("the sid must not be 0");
      if (signature.sid !== 0) throw new RuleError("the rule has two sids");
      signature.sid = sid;
    },
  },
  {
    name: "rev",
    value: "required",
    docs: "The revision of the rule; of two rules with one sid the higher revision stands.",
    apply: (signature, { text }) => {
      signature.meta.rev = parseUnsigned(text, U32);
    },
  },
  {
    name: "gid",
    value: "required",
    docs: "The group of the sid; 1 unless given.",
    apply: (signature, { text }) => {
      signature.gid = parseUnsigned(text, U32);
    },
  },
  {
    name: "classtype",
    value: "required",
    quoting: "optional",
    docs: "The class of the rule, which gives the alert its category and, unless `priority` is given, its severity.",
    apply: (signature, { text }) => {
      const known = signature.shared.classifications.get(text.trim().toLowerCase());
      signature.meta.classtype = text.trim();
      if (known === undefined) {
        signature.shared.warn("classtype", `the class "${text}" is unknown; the rule gets priority 3`);
        return;
      }
      signature.meta.category = known.description;
      if (!signature.priorityGiven) signature.meta.priority = known.priority;
    },
  },
  {
    name: "priority",
    value: "required",
    docs: "The severity of the alert, 1 to 255; 1 is the most urgent.",
    apply: (signature, { text }) => {
      const priority = parseUnsigned(text, 255);
      if (priority === 0) throw new RuleError("the priority must be from 1 to 255");
      signature.meta.priority = priority;
      signature.priorityGiven = true;
    },
  },
  {
    name: "reference",
    value: "required",
    docs: "Where the matter is described, as `system,id`; systems come from reference.config.",
    apply: (signature, { text }) => {
      const comma = text.indexOf(",");
      if (comma < 0) throw new RuleError(`"${text}" is not "system,id"`);
      const prefix = signature.shared.references.get(text.slice(0, comma).trim().toLowerCase());
      const id = text.slice(comma + 1).trim();
      if (prefix === undefined) {
        signature.shared.warn("reference", `the reference system "${text.slice(0, comma).trim()}" is unknown`);
      }
      signature.meta.references.push((prefix ?? "") + id);
    },
  },
  {
    name: "metadata",
    value: "required",
    docs: "Keys and values that go with the alert: `key value, key value`.",
    apply: (signature, { text }) => {
      for (const part of text.split(",")) {
        const trimmed = part.trim();
        if (trimmed === "") continue;
        const blank = trimmed.search(/\s/);
        const key = blank < 0 ? trimmed : trimmed.slice(0, blank);
        const values = signature.meta.metadata[key] ?? [];
        signature.meta.metadata[key] = values;
        values.push(blank < 0 ? "" : trimmed.slice(blank).trimStart());
      }
    },
  },
  {
    name: "target",
    value: "required",
    docs: "Which side of the packet is the victim: `src_ip` or `dest_ip`.",
    apply: (signature, { text }) => {
      if (text !== "src_ip" && text !== "dest_ip") throw new RuleError(`"${text}" is neither src_ip nor dest_ip`);
      if (signature.meta.target !== undefined && signature.meta.target !== text) {
        throw new RuleError("the rule has two targets");
      }
      signature.meta.target = text;
      signature.flags |= text === "src_ip" ? RuleFlag.TargetSource : RuleFlag.TargetDestination;
    },
  },
  {
    name: "requires",
    value: "required",
    docs: "Passes over the rule unless the engine has the version, features and keywords it names.",
    apply: (_signature, { text }) => {
      const unmet = unmetRequirement(text);
      if (unmet !== undefined) throw new SkippedRule(unmet);
    },
  },
  {
    name: "noalert",
    value: "none",
    docs: "The rule acts (sets flowbits, drops) but gives no alert.",
    apply: (signature) => {
      signature.flags |= RuleFlag.NoAlert;
    },
  },
  {
    name: "alert",
    value: "none",
    docs: "The rule alerts even if its action (pass, drop of firewall rules) would not say so.",
    apply: (signature) => {
      signature.forceAlert();
    },
  },
]);
