/** Protocols of industrial control: ENIP/CIP, DNP3. Suricata manual, pages of those names. */
import { Buffer as B, Field } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { CompareMode, Op } from "../../assembly/abi/conditions.ts";
import { RuleError } from "../rule/problem.ts";
import { splitCommas } from "../rule/value.ts";
import { bothWays, buffer, C } from "../signature/buffers.ts";
import { parseComparison, parseUnsigned } from "./integer.ts";
import { family, type Keyword } from "./keyword.ts";
import { number, sticky } from "./sticky.ts";

const { Enip, Dnp3 } = AppProto;
const enip = bothWays(Enip);
const CIP = buffer("cip_service", 0, enip, { kind: "generic" });
const INDICATIONS = buffer("dnp3_ind", 0, [{ app: Dnp3, direction: C, progress: 0 }], { kind: "generic" });
const DNP3 = buffer("dnp3", 0, bothWays(Dnp3), { kind: "generic" });

const ENIP_NUMBERS: readonly (readonly [name: string, field: Field, bits: 8 | 16 | 32, docs: string])[] = [
  ["enip.protocol_version", Field.enip__protocol_version, 16, "Protocol version of an identity."],
  ["enip.revision", Field.enip__revision, 16, "Revision of an identity."],
  ["enip.identity_status", Field.enip__identity_status, 16, "Status of an identity."],
  ["enip.state", Field.enip__state, 8, "State of an identity."],
  ["enip.serial", Field.enip__serial, 32, "Serial number of an identity."],
  ["enip.product_code", Field.enip__product_code, 16, "Product code of an identity."],
  ["enip.device_type", Field.enip__device_type, 16, "Device type of an identity."],
  ["enip.vendor_id", Field.enip__vendor_id, 16, "Vendor of an identity."],
  ["enip.capabilities", Field.enip__capabilities, 16, "Capabilities of a service."],
  ["enip.cip_attribute", Field.enip__cip_attribute, 32, "Attribute of a CIP path."],
  ["enip.cip_class", Field.enip__cip_class, 32, "Class of a CIP path."],
  ["enip.cip_instance", Field.enip__cip_instance, 32, "Instance of a CIP path."],
  ["enip.cip_status", Field.enip__cip_status, 8, "General status of a CIP response."],
  ["enip.cip_extendedstatus", Field.enip__cip_extendedstatus, 16, "Extended status of a CIP response."],
];

/** CIP volume 2 table 2-3.2. */
const ENIP_COMMANDS = {
  nop: 0,
  list_services: 4,
  list_identity: 0x63,
  list_interfaces: 0x64,
  register_session: 0x65,
  unregister_session: 0x66,
  send_rrdata: 0x6f,
  send_unit_data: 0x70,
  indicate_status: 0x72,
  cancel: 0x73,
};

/** CIP volume 2 table 2-3.3. */
const ENIP_STATUS = {
  success: 0,
  invalid_cmd: 1,
  no_resources: 2,
  incorrect_data: 3,
  invalid_session: 0x64,
  invalid_length: 0x65,
  unsupported_prot_rev: 0x69,
  encap_header_error: 0x6a,
};

/** IEEE 1815: function codes. */
const DNP3_FUNCTIONS: Readonly<Record<string, number>> = {
  confirm: 0,
  read: 1,
  write: 2,
  select: 3,
  operate: 4,
  direct_operate: 5,
  direct_operate_nr: 6,
  immed_freeze: 7,
  immed_freeze_nr: 8,
  freeze_clear: 9,
  freeze_clear_nr: 10,
  freeze_at_time: 11,
  freeze_at_time_nr: 12,
  cold_restart: 13,
  warm_restart: 14,
  initialize_data: 15,
  initialize_appl: 16,
  start_appl: 17,
  stop_appl: 18,
  save_config: 19,
  enable_unsolicited: 20,
  disable_unsolicited: 21,
  assign_class: 22,
  delay_measure: 23,
  record_current_time: 24,
  open_file: 25,
  close_file: 26,
  delete_file: 27,
  get_file_info: 28,
  authenticate_file: 29,
  abort_file: 30,
  activate_config: 31,
  authenticate_req: 32,
  authenticate_err: 33,
  response: 129,
  unsolicited_response: 130,
  authenticate_resp: 131,
};

/** IEEE 1815: internal indications, first octet in the upper byte. */
const DNP3_INDICATIONS: Readonly<Record<string, number>> = {
  all_stations: 0x0100,
  class_1_events: 0x0200,
  class_2_events: 0x0400,
  class_3_events: 0x0800,
  need_time: 0x1000,
  local_control: 0x2000,
  device_trouble: 0x4000,
  device_restart: 0x8000,
  no_func_code_support: 0x0001,
  object_unknown: 0x0002,
  parameter_error: 0x0004,
  event_buffer_overflow: 0x0008,
  already_executing: 0x0010,
  config_corrupt: 0x0020,
  reserved_2: 0x0040,
  reserved_1: 0x0080,
};

export const INDUSTRIAL_KEYWORDS: Keyword[] = [
  ...family("ENIP/CIP", [
    number("enip_command", Field.enip_command, enip, "Command of the message.", Enip, {
      bits: 16,
      names: ENIP_COMMANDS,
      aliases: ["enip.command"],
    }),
    number("enip.status", Field.enip__status, enip, "Status of the message.", Enip, { bits: 32, names: ENIP_STATUS }),
    {
      name: "cip_service",
      aliases: ["enip.cip_service"],
      value: "required",
      docs: "The CIP service, then optionally `,class` and `,attribute`.",
      apply: (signature, { text }) => {
        const parts = splitCommas(text);
        const fields = [Field.cip_service, Field.enip__cip_class, Field.enip__cip_attribute];
        if (parts.length > fields.length) throw new RuleError(`"${text}" is not "service,class,attribute"`);
        signature.setApp(Enip);
        parts.forEach((part, i) => {
          const comparison = parseComparison(part, i === 0 ? 8 : 16);
          signature.addGeneric(CIP, { op: Op.TxCompare, field: fields[i]!, ...comparison });
        });
      },
    },
    ...ENIP_NUMBERS.map(([name, field, bits, docs]) => number(name, field, enip, docs, Enip, { bits, list: true })),
    sticky(
      buffer("enip.product_name", B.enip__product_name, [{ app: Enip, direction: C, progress: 0 }], { multi: true }),
      "The product name of an identity.",
      Enip,
    ),
    sticky(
      buffer("enip.service_name", B.enip__service_name, [{ app: Enip, direction: C, progress: 0 }], { multi: true }),
      "The name of a service.",
      Enip,
    ),
  ]),
  ...family("DNP3", [
    number("dnp3_func", Field.dnp3_func, bothWays(Dnp3), "The function of the message, by number or name.", Dnp3, {
      bits: 8,
      names: DNP3_FUNCTIONS,
      aliases: ["dnp3.func"],
    }),
    {
      name: "dnp3_obj",
      aliases: ["dnp3.obj"],
      value: "required",
      docs: "An object of the message: `group,variation`.",
      apply: (signature, { text }) => {
        const [group, variation, ...more] = splitCommas(text);
        if (variation === undefined || more.length > 0) throw new RuleError(`"${text}" is not "group,variation"`);
        signature.setApp(Dnp3);
        const object = parseUnsigned(group!, 255) * 256 + parseUnsigned(variation, 255);
        signature.addGeneric(DNP3, exactly(Field.dnp3_obj, object));
      },
    },
    sticky(buffer("dnp3.data", B.dnp3__data, bothWays(Dnp3)), "The application message, put together.", Dnp3, [
      "dnp3_data",
    ]),
    {
      name: "dnp3_ind",
      aliases: ["dnp3.ind"],
      value: "required",
      docs: "One of several internal indications, by name, separated by commas; or a comparison of both octets.",
      apply: (signature, { text }) => {
        if (/^[\s!<>&=\d]/.test(text) && !/^\s*!\s*[a-z]/i.test(text)) {
          signature.setApp(Dnp3);
          signature.addGeneric(INDICATIONS, {
            op: Op.TxCompare,
            field: Field.dnp3_ind,
            ...parseComparison(text.trim(), 16),
          });
          return;
        }
        let mask = 0;
        for (const name of splitCommas(text)) {
          const bit = DNP3_INDICATIONS[name.toLowerCase()];
          if (bit === undefined) throw new RuleError(`"${name}" is not an indication`);
          mask |= bit;
        }
        signature.setApp(Dnp3);
        signature.addGeneric(INDICATIONS, {
          op: Op.TxCompare,
          field: Field.dnp3_ind,
          mode: CompareMode.And,
          a: BigInt(mask),
          b: 0n,
        });
      },
    },
  ]),
];

function exactly(field: Field, value: number) {
  return { op: Op.TxCompare, field, mode: CompareMode.Equal, a: BigInt(value), b: 0n } as const;
}
