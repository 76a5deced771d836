/** Directory and login services: LDAP, Kerberos, SNMP. Suricata manual, pages of those names. */
import { Buffer as B, Field } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { bothWays, buffer, C, S } from "../signature/buffers.ts";
import { family, type Keyword } from "./keyword.ts";
import { ticketEncryption } from "./krb5_encryption.ts";
import { number, sticky } from "./sticky.ts";

const { Ldap, Krb5, Snmp } = AppProto;
const ldapRequest = [{ app: Ldap, direction: S, progress: 0 }];
const ldapResponse = [{ app: Ldap, direction: C, progress: 0 }];
const krb5 = bothWays(Krb5);
const krb5Response = [{ app: Krb5, direction: C, progress: 0 }];
const TICKET = buffer("krb5.ticket_encryption", 0, krb5, { kind: "generic" });
const snmp = bothWays(Snmp);
const multi = { multi: true };

/** RFC 4511 section 4.2 and following: application tags. */
const OPERATIONS = {
  bind_request: 0,
  bind_response: 1,
  unbind_request: 2,
  search_request: 3,
  search_result_entry: 4,
  search_result_done: 5,
  modify_request: 6,
  modify_response: 7,
  add_request: 8,
  add_response: 9,
  del_request: 10,
  del_response: 11,
  mod_dn_request: 12,
  mod_dn_response: 13,
  compare_request: 14,
  compare_response: 15,
  abandon_request: 16,
  search_result_reference: 19,
  extended_request: 23,
  extended_response: 24,
  intermediate_response: 25,
};

/** RFC 4511 section 4.1.9. */
const RESULTS = {
  success: 0,
  operations_error: 1,
  protocol_error: 2,
  time_limit_exceeded: 3,
  size_limit_exceeded: 4,
  compare_false: 5,
  compare_true: 6,
  auth_method_not_supported: 7,
  stronger_auth_required: 8,
  referral: 10,
  admin_limit_exceeded: 11,
  unavailable_critical_extension: 12,
  confidentiality_required: 13,
  sasl_bind_in_progress: 14,
  no_such_attribute: 16,
  undefined_attribute_type: 17,
  inappropriate_matching: 18,
  constraint_violation: 19,
  attribute_or_value_exists: 20,
  invalid_attribute_syntax: 21,
  no_such_object: 32,
  alias_problem: 33,
  invalid_dns_syntax: 34,
  is_leaf: 35,
  alias_dereferencing_problem: 36,
  inappropriate_authentication: 48,
  invalid_credentials: 49,
  insufficient_access_rights: 50,
  busy: 51,
  unavailable: 52,
  unwilling_to_perform: 53,
  loop_detect: 54,
  naming_violation: 64,
  object_class_violation: 65,
  not_allowed_on_non_leaf: 66,
  not_allowed_on_rdn: 67,
  entry_already_exists: 68,
  object_class_mods_prohibited: 69,
  affects_multiple_dsas: 71,
  other: 80,
};

/** RFC 1157 and RFC 3416: tags of the PDUs. */
const PDU_TYPES = {
  get_request: 0,
  get_next_request: 1,
  response: 2,
  set_request: 3,
  trap_v1: 4,
  get_bulk_request: 5,
  inform_request: 6,
  trap_v2: 7,
  report: 8,
};

export const DIRECTORY_KEYWORDS: Keyword[] = [
  ...family("LDAP", [
    number("ldap.request.operation", Field.ldap__request__operation, ldapRequest, "Operation of the request.", Ldap, {
      bits: 8,
      names: OPERATIONS,
    }),
    number(
      "ldap.responses.operation",
      Field.ldap__responses__operation,
      ldapResponse,
      "Operation of each response.",
      Ldap,
      { bits: 8, names: OPERATIONS, list: true },
    ),
    number("ldap.responses.count", Field.ldap__responses__count, ldapResponse, "Number of responses.", Ldap, {
      bits: 32,
    }),
    number(
      "ldap.responses.result_code",
      Field.ldap__responses__result_code,
      ldapResponse,
      "Result code of each response.",
      Ldap,
      { bits: 32, names: RESULTS, list: true },
    ),
    sticky(buffer("ldap.request.dn", B.ldap__request__dn, ldapRequest), "The name in the request.", Ldap),
    sticky(buffer("ldap.responses.dn", B.ldap__responses__dn, ldapResponse, multi), "The name in each response.", Ldap),
    sticky(
      buffer("ldap.responses.message", B.ldap__responses__message, ldapResponse, multi),
      "The diagnostic message of each response.",
      Ldap,
    ),
    sticky(
      buffer("ldap.request.attribute_type", B.ldap__request__attribute_type, ldapRequest, multi),
      "Each attribute of the request.",
      Ldap,
    ),
    sticky(
      buffer("ldap.responses.attribute_type", B.ldap__responses__attribute_type, ldapResponse, multi),
      "Each attribute of the responses.",
      Ldap,
    ),
  ]),
  ...family("Kerberos", [
    number("krb5_msg_type", Field.krb5_msg_type, krb5, "Type of the message.", Krb5, { bits: 8 }),
    number("krb5_err_code", Field.krb5_err_code, krb5, "Error code.", Krb5, { bits: 32 }),
    {
      name: "krb5.ticket_encryption",
      value: "required",
      docs: "Encryption of the ticket: `weak`, `!weak`, or one of several types by number or name, with spaces or commas between.",
      apply: (signature, { text }) => {
        signature.setApp(Krb5);
        signature.addGeneric(TICKET, ticketEncryption(text.trim()));
      },
    },
    sticky(buffer("krb5.cname", B.krb5_cname, krb5Response, multi), "Each part of the client's name.", Krb5, [
      "krb5_cname",
    ]),
    sticky(buffer("krb5.sname", B.krb5_sname, krb5Response, multi), "Each part of the service's name.", Krb5, [
      "krb5_sname",
    ]),
  ]),
  ...family("SNMP", [
    number("snmp.version", Field.snmp__version, snmp, "Version of the protocol.", Snmp, { bits: 32 }),
    number("snmp.pdu_type", Field.snmp__pdu_type, snmp, "Type of the PDU.", Snmp, { bits: 32, names: PDU_TYPES }),
    sticky(buffer("snmp.community", B.snmp__community, snmp), "The community.", Snmp),
    sticky(buffer("snmp.usm", B.snmp__usm, snmp), "The user of SNMPv3.", Snmp),
  ]),
];
