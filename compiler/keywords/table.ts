/** Every keyword by its names. */
import { BITS_KEYWORDS } from "./bits.ts";
import { BYTES_KEYWORDS } from "./bytes.ts";
import { CONTENT_KEYWORDS } from "./content.ts";
import { DATASET_KEYWORDS } from "./dataset.ts";
import { DCERPC_KEYWORDS } from "./dcerpc.ts";
import { DIRECTORY_KEYWORDS } from "./directory.ts";
import { DNS_KEYWORDS } from "./dns.ts";
import { ENTROPY_KEYWORDS } from "./entropy.ts";
import { EVENT_KEYWORDS } from "./events.ts";
import { FILE_KEYWORDS } from "./files.ts";
import { FLOW_KEYWORDS } from "./flow.ts";
import { FRAME_KEYWORDS } from "./frame.ts";
import { FTP_KEYWORDS } from "./ftp.ts";
import { HTTP_KEYWORDS } from "./http.ts";
import { INDUSTRIAL_KEYWORDS } from "./industrial.ts";
import type { Keyword } from "./keyword.ts";
import { LIMIT_KEYWORDS } from "./limits.ts";
import { MAIL_KEYWORDS } from "./mail.ts";
import { META_KEYWORDS } from "./meta.ts";
import { MODBUS_KEYWORDS } from "./modbus.ts";
import { MQTT_KEYWORDS } from "./mqtt.ts";
import { PACKET_KEYWORDS } from "./packet.ts";
import { REFUSED_KEYWORDS } from "./refused.ts";
import { REGEX_KEYWORDS } from "./regex.ts";
import { REMOTE_KEYWORDS } from "./remote.ts";
import { setKnownKeywords } from "./requires.ts";
import { SIP_KEYWORDS } from "./sip.ts";
import { SSH_KEYWORDS } from "./ssh.ts";
import { TLS_KEYWORDS } from "./tls.ts";
import { TRANSFORM_KEYWORDS } from "./transforms.ts";

export const KEYWORDS: readonly Keyword[] = [
  ...META_KEYWORDS,
  ...CONTENT_KEYWORDS,
  ...REGEX_KEYWORDS,
  ...BYTES_KEYWORDS,
  ...TRANSFORM_KEYWORDS,
  ...FILE_KEYWORDS,
  ...DATASET_KEYWORDS,
  ...ENTROPY_KEYWORDS,
  ...FLOW_KEYWORDS,
  ...BITS_KEYWORDS,
  ...LIMIT_KEYWORDS,
  ...EVENT_KEYWORDS,
  ...FRAME_KEYWORDS,
  ...PACKET_KEYWORDS,
  ...HTTP_KEYWORDS,
  ...DNS_KEYWORDS,
  ...TLS_KEYWORDS,
  ...MAIL_KEYWORDS,
  ...FTP_KEYWORDS,
  ...SSH_KEYWORDS,
  ...DCERPC_KEYWORDS,
  ...SIP_KEYWORDS,
  ...MQTT_KEYWORDS,
  ...DIRECTORY_KEYWORDS,
  ...REMOTE_KEYWORDS,
  ...INDUSTRIAL_KEYWORDS,
  ...MODBUS_KEYWORDS,
  ...REFUSED_KEYWORDS,
];

const BY_NAME = new Map<string, Keyword>();
for (const keyword of KEYWORDS) {
  for (const name of [keyword.name, ...(keyword.aliases ?? [])]) {
    if (BY_NAME.has(name)) throw new Error(`two keywords are called ${name}`);
    BY_NAME.set(name, keyword);
  }
}

/** The keyword of this name or alias; names are compared without regard to case. */
export function findKeyword(name: string): Keyword | undefined {
  return BY_NAME.get(name) ?? BY_NAME.get(name.toLowerCase());
}

const refused: ReadonlySet<Keyword> = new Set(REFUSED_KEYWORDS);
setKnownKeywords((name) => {
  const keyword = findKeyword(name);
  return keyword !== undefined && !refused.has(keyword);
});
