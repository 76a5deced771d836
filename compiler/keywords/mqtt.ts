/** MQTT. Suricata manual, "MQTT Keywords". */
import { Buffer as B, Field } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { bothWays, buffer, S } from "../signature/buffers.ts";
import { family, type Keyword } from "./keyword.ts";
import { chosen, equals, number, sticky } from "./sticky.ts";

const { Mqtt } = AppProto;
const client = [{ app: Mqtt, direction: S, progress: 0 }];
const both = bothWays(Mqtt);
const SESSION_PRESENT = buffer("mqtt.connack.session_present", 0, both, { kind: "generic" });

/** MQTT 5 section 2.1.2. */
const TYPES = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
  auth: 15,
  unassigned: 0,
};

const STICKY: readonly (readonly [name: string, id: B, docs: string, multi?: boolean])[] = [
  ["mqtt.connect.clientid", B.mqtt__connect__clientid, "The client id of CONNECT."],
  ["mqtt.connect.username", B.mqtt__connect__username, "The user name of CONNECT."],
  ["mqtt.connect.password", B.mqtt__connect__password, "The password of CONNECT."],
  ["mqtt.connect.willtopic", B.mqtt__connect__willtopic, "The will topic of CONNECT."],
  ["mqtt.connect.willmessage", B.mqtt__connect__willmessage, "The will message of CONNECT."],
  ["mqtt.connect.protocol_string", B.mqtt__connect__protocol_string, "The protocol name of CONNECT."],
  ["mqtt.publish.topic", B.mqtt__publish__topic, "The topic of PUBLISH."],
  ["mqtt.publish.message", B.mqtt__publish__message, "The message of PUBLISH."],
  ["mqtt.subscribe.topic", B.mqtt__subscribe__topic, "Each topic of SUBSCRIBE.", true],
  ["mqtt.unsubscribe.topic", B.mqtt__unsubscribe__topic, "Each topic of UNSUBSCRIBE.", true],
];

export const MQTT_KEYWORDS: Keyword[] = family("MQTT", [
  ...STICKY.map(([name, id, docs, multi = false]) => {
    // What a broker publishes goes to the client.
    const engines = name.startsWith("mqtt.publish") ? both : client;
    return sticky(buffer(name, id, engines, { multi }), docs, Mqtt);
  }),
  number("mqtt.type", Field.mqtt__type, both, "Type of the message.", Mqtt, { bits: 8, names: TYPES, list: true }),
  number("mqtt.flags", Field.mqtt__flags, both, "Flags of the message: dup, retain.", Mqtt, {
    bits: 8,
    names: { dup: 8, retain: 1 },
    bitNames: true,
  }),
  number("mqtt.qos", Field.mqtt__qos, both, "Quality of service, 0 to 2.", Mqtt, { bits: 8 }),
  number("mqtt.reason_code", Field.mqtt__reason_code, both, "Reason or return code.", Mqtt, {
    bits: 8,
    list: true,
    aliases: ["mqtt.connack.return_code"],
  }),
  number("mqtt.protocol_version", Field.mqtt__protocol_version, both, "Version of the protocol.", Mqtt, { bits: 8 }),
  number(
    "mqtt.connect.flags",
    Field.mqtt__connect__flags,
    client,
    "Flags of CONNECT: username, password, will, will_retain, clean_session.",
    Mqtt,
    {
      bits: 8,
      names: { username: 128, password: 64, will_retain: 32, will: 4, clean_session: 2 },
      bitNames: true,
    },
  ),
  {
    name: "mqtt.connack.session_present",
    value: "required",
    docs: "The session flag of CONNACK: yes, no, true, false.",
    apply: (signature, value) => {
      const wanted = chosen(value, { yes: 1, true: 1, on: 1, "1": 1, no: 0, false: 0, off: 0, "0": 0 });
      signature.setApp(Mqtt);
      equals(signature, SESSION_PRESENT, Field.mqtt__connack__session_present, wanted);
    },
  },
]);
