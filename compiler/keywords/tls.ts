/** TLS handshakes and their fingerprints. Suricata manual, "SSL/TLS Keywords", "JA3/JA4 Keywords". */
import { Buffer as B, Field } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { CompareMode, IndexMode, Op } from "../../assembly/abi/conditions.ts";
import { TlsProgress } from "../../assembly/abi/progress.ts";
import { parsePattern } from "../content.ts";
import { RuleError } from "../rule/problem.ts";
import { type BufferDefinition, bothWays, buffer, C, type Engine, S } from "../signature/buffers.ts";
import { family, type Keyword } from "./keyword.ts";
import { number, sticky } from "./sticky.ts";

const hello: Engine = { app: AppProto.Tls, direction: S, progress: TlsProgress.HelloDone };
const serverHello: Engine = { app: AppProto.Tls, direction: C, progress: TlsProgress.HelloDone };
const certificates = bothWays(AppProto.Tls, TlsProgress.CertificateDone);
const quicHello: Engine = { app: AppProto.Quic, direction: S, progress: 1 };
const quicServerHello: Engine = { app: AppProto.Quic, direction: C, progress: 1 };

const CERT_SUBJECT = buffer("tls.cert_subject", B.tls__cert_subject, certificates);
const CERT_ISSUER = buffer("tls.cert_issuer", B.tls__cert_issuer, certificates);
const CERT_FINGERPRINT = buffer("tls.cert_fingerprint", B.tls__cert_fingerprint, certificates);

const BUFFERS: readonly (readonly [BufferDefinition, string, readonly string[]])[] = [
  [buffer("tls.sni", B.tls__sni, [hello]), "The server name the client asks for.", ["tls_sni"]],
  [CERT_SUBJECT, "The subject of the certificate.", ["tls_cert_subject"]],
  [CERT_ISSUER, "The issuer of the certificate.", ["tls_cert_issuer"]],
  [
    buffer("tls.cert_serial", B.tls__cert_serial, certificates),
    "The serial number, as `5C:19:B7`.",
    ["tls_cert_serial"],
  ],
  [CERT_FINGERPRINT, "The SHA-1 fingerprint, in lower case with colons.", ["tls_cert_fingerprint"]],
  [
    buffer("tls.certs", B.tls__certs, certificates, { multi: true }),
    "Each certificate of the chain, as sent.",
    ["tls_certs"],
  ],
  [buffer("tls.random", B.tls__random, [hello, serverHello]), "The 32 random bytes of the hello.", []],
  [buffer("tls.random_time", B.tls__random_time, [hello, serverHello]), "The first 4 of the random bytes.", []],
  [buffer("tls.random_bytes", B.tls__random_bytes, [hello, serverHello]), "The other 28 of the random bytes.", []],
  [
    buffer("tls.alpn", B.tls__alpn, [hello, serverHello], { multi: true }),
    "Each application protocol that is offered or chosen.",
    [],
  ],
  [
    buffer("tls.subjectaltname", B.tls__subjectaltname, certificates, { multi: true }),
    "Each alternative name of the certificate's subject.",
    [],
  ],
];

const FINGERPRINTS: readonly (readonly [BufferDefinition, string, readonly string[]])[] = [
  [buffer("ja3.hash", B.ja3__hash, [hello, quicHello]), "The JA3 hash of the client.", ["ja3_hash"]],
  [buffer("ja3.string", B.ja3__string, [hello, quicHello]), "What the JA3 hash is made of.", ["ja3_string"]],
  [buffer("ja3s.hash", B.ja3s__hash, [serverHello, quicServerHello]), "The JA3S hash of the server.", []],
  [buffer("ja3s.string", B.ja3s__string, [serverHello, quicServerHello]), "What the JA3S hash is made of.", []],
  [buffer("ja4.hash", B.ja4__hash, [hello, quicHello]), "The JA4 fingerprint of the client.", []],
];

/** Versions as handshakes write them. */
const VERSIONS: Readonly<Record<string, number>> = {
  sslv2: 0x0002,
  sslv3: 0x0300,
  "1.0": 0x0301,
  "1.1": 0x0302,
  "1.2": 0x0303,
  "1.3": 0x0304,
};

const versionList = buffer("tls.version", 0, bothWays(AppProto.Tls, TlsProgress.HelloDone), { kind: "generic" });
const sslVersionList = buffer("ssl_version", 0, bothWays(AppProto.Tls, TlsProgress.HelloDone), { kind: "generic" });
const stateList = buffer("ssl_state", 0, bothWays(AppProto.Tls), { kind: "generic" });
const expiryList = buffer(
  "tls_cert_expired",
  0,
  [{ app: AppProto.Tls, direction: C, progress: TlsProgress.CertificateDone }],
  {
    kind: "generic",
  },
);

/** Bits of `ssl_version`: bit n stands for the nth version of the table. */
const SSL_VERSIONS = { sslv2: 1, sslv3: 2, "tls1.0": 4, "tls1.1": 8, "tls1.2": 16, "tls1.3": 32 } as const;
const SSL_STATES = { client_hello: 1, server_hello: 2, client_keyx: 4, server_keyx: 8, unknown: 16 } as const;

export const TLS_KEYWORDS: Keyword[] = [
  ...family("TLS", [
    ...BUFFERS.map(([definition, docs, aliases]) => sticky(definition, docs, AppProto.Tls, aliases)),
    {
      name: "tls.version",
      aliases: ["tls_version"],
      value: "required",
      quoting: "optional",
      docs: "The version in use: 1.0, 1.1, 1.2, 1.3, or the two bytes in hexadecimal (`0x7f12`).",
      apply: (signature, { text }) => {
        const version =
          VERSIONS[text.trim().toLowerCase()] ?? (/^0x[0-9a-f]{1,4}$/i.test(text) ? Number(text) : undefined);
        if (version === undefined) throw new RuleError(`"${text}" is not a TLS version`);
        signature.setApp(AppProto.Tls);
        signature.addGeneric(versionList, {
          op: Op.TxCompare,
          field: Field.tls__version_number,
          mode: CompareMode.Equal,
          a: BigInt(version),
          b: 0n,
        });
      },
    },
    {
      name: "ssl_version",
      value: "required",
      docs: "One of several versions: sslv2, sslv3, tls1.0 ... tls1.3; `!` before the list means none of them.",
      apply: (signature, { text }) => {
        signature.setApp(AppProto.Tls);
        const mask = wordMask(text, SSL_VERSIONS, /[,\s]+/);
        signature.addGeneric(sslVersionList, anyOf(Field.ssl_version, mask));
      },
    },
    {
      name: "ssl_state",
      value: "required",
      docs: "How far the handshake is: client_hello, server_hello, client_keyx, server_keyx, unknown; `|` for either.",
      apply: (signature, { text }) => {
        signature.setApp(AppProto.Tls);
        signature.addGeneric(stateList, anyOf(Field.ssl_state, wordMask(text, SSL_STATES, /[|,\s]+/)));
      },
    },
    {
      name: "tls_cert_expired",
      value: "none",
      docs: "The certificate is not valid any more at the time of the packet.",
      apply: (signature) => {
        signature.setApp(AppProto.Tls);
        signature.addGeneric(expiryList, {
          op: Op.TxCompare,
          field: Field.tls__cert_expired,
          mode: CompareMode.Equal,
          a: 1n,
          b: 0n,
        });
      },
    },
    {
      name: "tls_cert_valid",
      value: "none",
      docs: "The certificate is valid at the time of the packet.",
      apply: (signature) => {
        signature.setApp(AppProto.Tls);
        signature.addGeneric(expiryList, {
          op: Op.TxCompare,
          field: Field.tls__cert_expired,
          mode: CompareMode.Equal,
          a: 0n,
          b: 0n,
        });
      },
    },
    validity("tls_cert_notbefore", Field.tls__cert_notbefore, "The time from which the certificate is valid."),
    validity("tls_cert_notafter", Field.tls__cert_notafter, "The time until which the certificate is valid."),
    number(
      "tls.cert_chain_len",
      Field.tls__cert_chain_len,
      [{ app: AppProto.Tls, direction: C, progress: TlsProgress.CertificateDone }],
      "Certificates in the chain.",
      AppProto.Tls,
      { bits: 32 },
    ),
    {
      name: "tls.store",
      aliases: ["tls_store"],
      value: "none",
      docs: "Accepted; a host that stores certificates does so after the alert.",
      apply: (signature) => signature.setApp(AppProto.Tls),
    },
    certificateText("tls.subject", CERT_SUBJECT),
    certificateText("tls.issuerdn", CERT_ISSUER),
    certificateText("tls.fingerprint", CERT_FINGERPRINT),
  ]),
  ...family(
    "JA3/JA4",
    FINGERPRINTS.map(([definition, docs, aliases]) => ({
      ...sticky(definition, docs, undefined, aliases),
      apply: (signature, value) => {
        if (signature.app !== AppProto.Quic && signature.app !== AppProto.Unknown) signature.setApp(AppProto.Tls);
        sticky(definition, docs, undefined).apply(signature, value);
      },
    })),
  ),
];

/** Older keywords that take the text themselves: `tls.subject:"CN=x"` is a content of the buffer. */
function certificateText(name: string, definition: BufferDefinition): Omit<Keyword, "family"> {
  return {
    name,
    value: "required",
    quoting: "mandatory",
    negatable: true,
    docs: `Older form of \`${definition.name}; content:\`.`,
    apply: (signature, { text, negated }) => {
      signature.setApp(AppProto.Tls);
      // Fingerprints are in lower case in their buffer, whatever the rule writes.
      const written = definition === CERT_FINGERPRINT ? text.toLowerCase() : text;
      signature.addTo(definition, { op: Op.Content, pattern: parsePattern(written), negated });
    },
  };
}

/** A time as rules write it, in seconds since 1970: digits alone, or a date with or without a time of day, in UTC. */
function parseTime(text: string): bigint {
  if (/^\d+$/.test(text)) return BigInt(text);
  const found = /^(\d{4})-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2})(?::(\d{1,2})(?::(\d{1,2}))?)?)?)?$/.exec(text);
  if (found === null)
    throw new RuleError(`"${text}" is not a time`, { advice: "write for example 2026-01-31T12:00:00" });
  const [year, month, day, hour, minute, second] = found.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return BigInt(Date.UTC(year, month - 1, Math.max(day, 1), hour, minute, second) / 1000);
}

function validity(name: string, field: Field, docs: string): Omit<Keyword, "family"> {
  return {
    name,
    value: "required",
    quoting: "optional",
    docs: `${docs} A time, \`<\` or \`>\` a time (itself included), or \`a<>b\`.`,
    apply: (signature, { text }) => {
      const found = /^\s*([<>]?)\s*([-:TW 0-9]+?)\s*(?:<>\s*([-:TW 0-9]+?))?\s*$/.exec(text);
      if (found === null || (found[1] !== "" && found[3] !== undefined)) throw new RuleError(`"${text}" is not a time`);
      const a = parseTime(found[2]!);
      const b = found[3] === undefined ? 0n : parseTime(found[3]);
      if (found[3] !== undefined && b <= a) throw new RuleError(`the range "${text}" is empty`);
      const one = { "": CompareMode.Equal, "<": CompareMode.LessOrEqual, ">": CompareMode.GreaterOrEqual }[found[1]!]!;
      const mode = found[3] === undefined ? one : CompareMode.Inclusive;
      signature.setApp(AppProto.Tls);
      signature.addGeneric(expiryList, { op: Op.TxCompare, field, mode, a, b });
    },
  };
}

function anyOf(field: Field, { mask, negated }: { mask: number; negated: boolean }) {
  return {
    op: Op.TxCompare,
    field,
    mode: negated ? CompareMode.Mask : CompareMode.And,
    a: BigInt(mask),
    b: 0n,
    index: IndexMode.Any,
  } as const;
}

function wordMask(
  text: string,
  words: Readonly<Record<string, number>>,
  separator: RegExp,
): { mask: number; negated: boolean } {
  let mask = 0;
  let negated: boolean | undefined;
  for (const part of text.trim().split(separator)) {
    const found = /^(!?)(\S+)$/.exec(part.toLowerCase());
    if (found === null || !Object.hasOwn(words, found[2]!)) {
      throw new RuleError(`"${part}" is not known`, { advice: `known: ${Object.keys(words).join(", ")}` });
    }
    const sign = found[1] === "!";
    // A "!" before the first word stands for the whole list.
    if (sign && negated === false) throw new RuleError("negated and other words cannot be mixed");
    negated ??= sign;
    mask |= words[found[2]!]!;
  }
  return { mask, negated: negated ?? false };
}
