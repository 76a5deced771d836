/** The `mqtt` object of EVE (Suricata manual, EVE JSON format): an object for each message of the transaction. */
import { Buffer, Field } from "../abi/buffers";
import { array, end, flag, map, number, text } from "../verdict/cbor";
import { HAS_ID, MESSAGE, MqttType } from "./mqtt";
import { foundNumber } from "./number";
import { Tx } from "./transaction";
import { EITHER, logNumber, logNumbers, logText, logTexts, valueBuffer, valueNumber } from "./values";
import { viewData, viewLength } from "./view";

function typeName(type: u32): string {
  switch (type) {
    case MqttType.Connect:
      return "connect";
    case MqttType.Connack:
      return "connack";
    case MqttType.Publish:
      return "publish";
    case MqttType.Puback:
      return "puback";
    case MqttType.Pubrec:
      return "pubrec";
    case MqttType.Pubrel:
      return "pubrel";
    case MqttType.Pubcomp:
      return "pubcomp";
    case MqttType.Subscribe:
      return "subscribe";
    case MqttType.Suback:
      return "suback";
    case MqttType.Unsubscribe:
      return "unsubscribe";
    case MqttType.Unsuback:
      return "unsuback";
    case MqttType.Pingreq:
      return "pingreq";
    case MqttType.Pingresp:
      return "pingresp";
    case MqttType.Disconnect:
      return "disconnect";
    case MqttType.Auth:
      return "auth";
    default:
      return "unassigned";
  }
}

export function mqttLog(tx: Tx): void {
  if (!map("mqtt")) return;
  for (let type: u32 = 0; type < 16; type++) {
    if (!valueNumber(tx, MESSAGE + type, EITHER, 0)) continue;
    const head = <u32>foundNumber;
    if (!map(typeName(type))) continue;
    number("qos", (head >> 1) & 3);
    flag("retain", (head & 1) != 0);
    flag("dup", (head & 8) != 0);
    if ((head & HAS_ID) != 0) number("message_id", (head >> 8) & 0xffff);
    details(tx, type);
    end();
  }
  end();
}

function details(tx: Tx, type: u32): void {
  switch (type) {
    case MqttType.Connect:
      connect(tx);
      break;
    case MqttType.Connack:
      if (valueNumber(tx, Field.mqtt__connack__session_present, EITHER, 0)) flag("session_present", foundNumber != 0);
      logNumber(tx, "return_code", Field.mqtt__reason_code, EITHER);
      break;
    case MqttType.Publish:
      logText(tx, "topic", Buffer.mqtt__publish__topic, EITHER);
      logText(tx, "message", Buffer.mqtt__publish__message, EITHER);
      break;
    case MqttType.Subscribe:
      subscribed(tx);
      break;
    case MqttType.Suback:
      logNumbers(tx, "qos_granted", Field.mqtt__reason_code, EITHER);
      break;
    case MqttType.Unsubscribe:
      logTexts(tx, "topics", Buffer.mqtt__unsubscribe__topic, EITHER);
      break;
    case MqttType.Unsuback:
      logNumbers(tx, "reason_codes", Field.mqtt__reason_code, EITHER);
      break;
    case MqttType.Puback:
    case MqttType.Pubrec:
    case MqttType.Pubrel:
    case MqttType.Pubcomp:
    case MqttType.Disconnect:
    case MqttType.Auth:
      logNumber(tx, "reason_code", Field.mqtt__reason_code, EITHER);
      break;
    default:
      break;
  }
}

function connect(tx: Tx): void {
  logText(tx, "protocol_string", Buffer.mqtt__connect__protocol_string, EITHER);
  logNumber(tx, "protocol_version", Field.mqtt__protocol_version, EITHER);
  if (valueNumber(tx, Field.mqtt__connect__flags, EITHER, 0) && map("flags")) {
    const flags = foundNumber;
    flag("username", (flags & 0x80) != 0);
    flag("password", (flags & 0x40) != 0);
    flag("will_retain", (flags & 0x20) != 0);
    flag("will", (flags & 4) != 0);
    flag("clean_session", (flags & 2) != 0);
    end();
  }
  logText(tx, "client_id", Buffer.mqtt__connect__clientid, EITHER);
  if (valueBuffer(tx, Buffer.mqtt__connect__willtopic, EITHER, 0) && map("will")) {
    logText(tx, "topic", Buffer.mqtt__connect__willtopic, EITHER);
    logText(tx, "message", Buffer.mqtt__connect__willmessage, EITHER);
    end();
  }
  logText(tx, "username", Buffer.mqtt__connect__username, EITHER);
  logText(tx, "password", Buffer.mqtt__connect__password, EITHER);
}

/** Topics an event names. */
const MAX_LISTED: u32 = 64;

function subscribed(tx: Tx): void {
  if (!array("topics")) return;
  for (let i: u32 = 0; i < MAX_LISTED && valueBuffer(tx, Buffer.mqtt__subscribe__topic, EITHER, i); i++) {
    if (!map("")) break;
    text("topic", viewData, viewLength);
    end();
  }
  end();
}
