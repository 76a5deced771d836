/** `app-layer`: which protocols are recognised and parsed, and how far. */
import { bool, choice, foreign, integer, ports, type Settings, section, size, toggle } from "../field.ts";
import { exceptionPolicy } from "./policies.ts";

const enabled = (stock: "yes" | "no" | "detection-only", builtin: "yes" | "no" = "yes") =>
  toggle("Recognise and parse it; `detection-only`: recognise it.", ["detection-only"], stock, {
    builtin: stock === "detection-only" ? stock : builtin,
  });

const detectionPorts = () =>
  section("Ports on which the protocol is probed for, when its bytes alone do not tell. Left out: its usual ports.", {
    dp: ports("Server ports."),
    sp: ports("Client ports."),
    toserver: ports("Server ports, older form."),
  });

/** What every protocol may say, and what one of its transports may say. */
const common = () => ({
  "detection-ports": detectionPorts(),
  tcp: section("Over TCP.", { enabled: enabled("yes"), "detection-ports": detectionPorts() }),
  udp: section("Over UDP.", { enabled: enabled("yes"), "detection-ports": detectionPorts() }),
  "stream-depth": size("Reassembly depth of its flows; 0 is without limit.", "1mb", { inert: true }),
  memcap: size("Memory for the protocol's state.", "16mb", { inert: true }),
  "max-tx": integer("Open transactions of one flow.", 1024, { inert: true }),
});

function protocol<S extends Settings>(
  name: string,
  stock: "yes" | "no" | "detection-only" = "yes",
  settings: S = {} as S,
  builtin: "yes" | "no" = "yes",
) {
  return section(`${name}.`, { enabled: enabled(stock, builtin), ...common(), ...settings });
}

const http = protocol("HTTP/1", "yes", {
  memcap: size("Memory for HTTP state.", 0),
  libhtp: section("The HTTP/1 parser.", {
    "default-config": section("For every server.", {
      personality: choice(
        "Which server's tolerance is assumed.",
        ["ids", "generic", "minimal", "iis_4_0", "iis_5_0", "iis_5_1", "iis_6_0", "iis_7_0", "iis_7_5", "apache_2"],
        "ids",
      ),
      "request-body-limit": size("Bytes of a request body that are kept; 0 is without limit.", "100kb", {
        builtin: 4096,
      }),
      "response-body-limit": size("Bytes of a response body that are kept; 0 is without limit.", "100kb", {
        builtin: 4096,
      }),
      "request-body-minimal-inspect-size": size("Bytes of a request body before it is inspected.", "32kb"),
      "request-body-inspect-window": size("Bytes of a request body inspected again with new ones.", "4kb"),
      "response-body-minimal-inspect-size": size("Bytes of a response body before it is inspected.", "40kb", {
        builtin: "32kb",
      }),
      "response-body-inspect-window": size("Bytes of a response body inspected again with new ones.", "16kb", {
        builtin: "4kb",
      }),
      "response-body-decompress-layer-limit": integer("Content encodings undone, one within the other.", 2),
      "http-body-inline": toggle("Inspect bodies as they arrive. `auto`: in prevention.", ["auto"], "auto"),
      "double-decode-path": bool("Undo percent encoding twice in the path.", false),
      "double-decode-query": bool("Undo percent encoding twice in the query.", false),
      "decompression-time-limit": integer("Microseconds a body may take to unpack. The core has no clock.", 100000, {
        inert: true,
      }),
      "lzma-enabled": bool("Unpack LZMA.", false),
      "lzma-memlimit": size("Memory of an LZMA decoder.", "1mb"),
      "compression-bomb-limit": size("Bytes unpacked from a body at most.", "1mb"),
      "max-request-headers": integer("Headers of one message.", 1024),
      "max-tx": integer("Open transactions of one flow.", 512),
      "meta-field-limit": integer("Bytes of a request line or header.", 18432),
      "uri-include-all": bool("The URI buffer includes scheme, user and host.", false),
      "query-plusspace-decode": bool("A plus in the query is a space.", false),
      "swf-decompression": foreign("Flash files."),
      "randomize-inspection-sizes": bool("Vary the inspection sizes. The core is deterministic: never.", true, {
        inert: true,
      }),
      "randomize-inspection-range": integer("Range of that variation, in percent.", 10, { inert: true }),
    }),
    "server-config": foreign("Parser settings by server network."),
  }),
});

const smtp = protocol("SMTP", "yes", {
  "raw-extraction": bool("Keep whole messages as files.", false),
  mime: section("Message bodies.", {
    "decode-mime": bool("Parse MIME.", true, { builtin: true }),
    "decode-base64": bool("Undo base64.", true),
    "decode-quoted-printable": bool("Undo quoted-printable.", true),
    "header-value-depth": integer("Bytes of a header value that are kept.", 2000),
    "extract-urls": bool("Collect addresses found in text.", true),
    "extract-urls-schemes": foreign("Schemes of those addresses."),
    "log-url-scheme": foreign("Form of those addresses."),
    "body-md5": toggle("Compute the body's MD5. `auto`: when a rule asks.", ["auto"], "no"),
  }),
  "inspected-tracker": section("Inspection of attachments.", {
    "content-limit": size("Bytes inspected at most.", 100000, { inert: true }),
    "content-inspect-min-size": size("Bytes before the first inspection.", 32768, { inert: true }),
    "content-inspect-window": size("Bytes inspected again with new ones.", 4096, { inert: true }),
  }),
});

const FINGERPRINT = ["auto"] as const;
const ENCRYPTED =
  "What is done with a flow once it is encrypted. `full`: it is inspected on; else nothing of its payload is looked at.";
const HANDLING = ["default", "track-only", "bypass", "full"] as const;

const tls = protocol("TLS", "yes", {
  "ja3-fingerprints": toggle("Compute JA3. Always so, when a rule asks.", FINGERPRINT, "auto", { inert: true }),
  "ja4-fingerprints": toggle("Compute JA4. Always so, when a rule asks.", FINGERPRINT, "auto", { inert: true }),
  "encryption-handling": choice(ENCRYPTED, HANDLING, "default"),
  "encrypt-handling": choice("Older name of `encryption-handling`.", HANDLING, "default"),
  subjectaltname: foreign("Logging."),
  "session-tickets": foreign("Decryption."),
});

const ssh = protocol("SSH", "yes", {
  hassh: toggle("Compute HASSH. `auto`: when a rule asks.", FINGERPRINT, "auto"),
  "encryption-handling": choice(ENCRYPTED, HANDLING, "default"),
});

export const appLayer = section("Application protocols.", {
  "error-policy": exceptionPolicy("When an application parser fails."),
  protocols: section("One section a protocol.", {
    http,
    smtp,
    tls,
    ssh,
    dns: protocol("DNS"),
    ftp: protocol("FTP", "yes", {
      memcap: size("Memory for FTP state.", 0, { inert: true }),
      "max-tx": integer("Open transactions of one flow.", 1024),
    }),
    "ftp-data": protocol("FTP data"),
    smb: protocol("SMB", "yes", {
      "max-tx": integer("Open transactions of one flow.", 1024),
      "max-read-size": size("Largest read; 0 is without limit.", "16mb"),
      "max-write-size": size("Largest write; 0 is without limit.", "16mb"),
      "max-read-queue-size": size("Bytes read ahead of what is missing of a file; 0 is without limit.", "64mb"),
      "max-read-queue-cnt": integer("Reads ahead of what is missing of a file; 0 is without limit.", 64),
      "max-write-queue-size": size("Bytes written ahead of what is missing of a file; 0 is without limit.", "64mb"),
      "max-write-queue-cnt": integer("Writes ahead of what is missing of a file; 0 is without limit.", 64),
    }),
    dcerpc: protocol("DCERPC", "yes", { "max-stub-size": size("Largest stub.", "1mb", { inert: true }) }),
    http2: protocol("HTTP/2", "yes", {
      "max-streams": integer("Open streams.", 4096, { inert: true }),
      "max-table-size": integer("Dynamic header table.", 65536, { inert: true }),
      "max-reassembly-size": integer("Bytes of one header block.", 102400, { inert: true }),
    }),
    doh2: protocol("DNS over HTTP/2"),
    imap: protocol("IMAP", "detection-only"),
    pop3: protocol("POP3"),
    telnet: protocol("Telnet"),
    rdp: protocol("RDP"),
    ldap: protocol("LDAP"),
    krb5: protocol("Kerberos"),
    snmp: protocol("SNMP"),
    sip: protocol("SIP"),
    mqtt: protocol("MQTT", "yes", {
      "max-msg-length": size("Largest message.", "1mb", { inert: true }),
      "subscribe-topic-match-limit": integer("Topics of a subscription.", 100, { inert: true }),
      "unsubscribe-topic-match-limit": integer("Topics of an unsubscription.", 100, { inert: true }),
    }),
    nfs: protocol("NFS"),
    tftp: protocol("TFTP"),
    dhcp: protocol("DHCP"),
    rfb: protocol("RFB (VNC)"),
    quic: protocol("QUIC"),
    ike: protocol("IKE"),
    pgsql: protocol("PostgreSQL", "no", { "max-tx": integer("Open transactions of one flow.", 1024) }),
    websocket: protocol("WebSocket", "yes", {
      "max-payload-size": size("Bytes of a message that are kept, at most 65535.", 65535),
    }),
    mdns: protocol("mDNS"),
    modbus: protocol("Modbus", "no", { "request-flood": integer("Unanswered requests.", 500, { inert: true }) }, "no"),
    dnp3: protocol("DNP3", "no", {}, "no"),
    enip: protocol("EtherNet/IP", "no", {}, "no"),
    ntp: protocol("NTP"),
    "bittorrent-dht": protocol("BitTorrent DHT"),
    msn: protocol("MSN", "detection-only"),
    irc: protocol("IRC", "detection-only"),
    jabber: protocol("XMPP", "detection-only"),
    rsync: protocol("rsync", "detection-only"),
    template: foreign("Suricata's example parser."),
    "template-rust": foreign("Suricata's example parser."),
  }),
});
