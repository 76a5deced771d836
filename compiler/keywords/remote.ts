/** Remote desktops, tunnels and databases: RFB, QUIC, IKE, WebSocket, PostgreSQL, NFS, TFTP, DHCP. */
import { Buffer as B, Field } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { CompareMode, Op } from "../../assembly/abi/conditions.ts";
import { RuleError } from "../rule/problem.ts";
import { bothWays, buffer, C, S } from "../signature/buffers.ts";
import { parseUnsigned } from "./integer.ts";
import { family, type Keyword } from "./keyword.ts";
import { number, sticky } from "./sticky.ts";

const { Rfb, Quic, Ike, Websocket, Pgsql, Nfs, Dhcp, Tftp } = AppProto;
const toClient = (app: AppProto) => [{ app, direction: C, progress: 0 }];
const toServer = (app: AppProto) => [{ app, direction: S, progress: 0 }];
const SECRESULT = buffer("rfb.secresult", 0, toClient(Rfb), { kind: "generic" });
const SA_ATTRIBUTE = buffer("ike.chosen_sa_attribute", 0, toClient(Ike), { kind: "generic" });

/** Attribute numbers of IKEv1 (RFC 2409 appendix A). The core gives `number << 32 | value`. */
const SA_ATTRIBUTES: Readonly<Record<string, bigint>> = {
  alg_enc: 1n,
  alg_hash: 2n,
  alg_auth: 3n,
  alg_dh: 4n,
  sa_group_type: 5n,
  sa_life_type: 11n,
  sa_life_duration: 12n,
  alg_prf: 13n,
  sa_key_length: 14n,
  sa_field_size: 15n,
};

/** RFC 6455 section 5.2. */
const OPCODES = { continuation: 0, text: 1, binary: 2, connection_close: 8, ping: 9, pong: 10 };

/** RFC 1813 section 3.3. */
const NFS_PROCEDURES = Object.fromEntries(
  [
    "null",
    "getattr",
    "setattr",
    "lookup",
    "access",
    "readlink",
    "read",
    "write",
    "create",
    "mkdir",
    "symlink",
    "mknod",
    "remove",
    "rmdir",
    "rename",
    "link",
    "readdir",
    "readdirplus",
    "fsstat",
    "fsinfo",
    "pathconf",
    "commit",
  ].map((name, number) => [name, number]),
);

export const REMOTE_KEYWORDS: Keyword[] = [
  ...family("RFB", [
    sticky(buffer("rfb.name", B.rfb__name, toClient(Rfb)), "The name of the desktop.", Rfb),
    {
      name: "rfb.secresult",
      value: "required",
      docs: "The outcome of the login: ok, fail, toomany, unknown, or a number.",
      apply: (signature, { text }) => {
        signature.setApp(Rfb);
        const found = /^(!?)\s*(\w+)$/.exec(text.trim());
        if (found === null) throw new RuleError(`"${text}" is not known`);
        const names: Readonly<Record<string, number>> = { ok: 0, fail: 1, toomany: 2 };
        const word = found[2]!.toLowerCase();
        const negated = found[1] === "!";
        // What is none of the three known results is unknown.
        if (word === "unknown") {
          const mode = negated ? CompareMode.LessOrEqual : CompareMode.Greater;
          signature.addGeneric(SECRESULT, { op: Op.TxCompare, field: Field.rfb__secresult, mode, a: 2n, b: 0n });
          return;
        }
        const value = names[word] ?? parseUnsigned(word, 0xffff_ffff);
        const mode = negated ? CompareMode.NotEqual : CompareMode.Equal;
        signature.addGeneric(SECRESULT, {
          op: Op.TxCompare,
          field: Field.rfb__secresult,
          mode,
          a: BigInt(value),
          b: 0n,
        });
      },
    },
    number("rfb.sectype", Field.rfb__sectype, toServer(Rfb), "The security type chosen.", Rfb, { bits: 32 }),
  ]),
  ...family("QUIC", [
    sticky(buffer("quic.version", B.quic__version, bothWays(Quic, 1)), "The version, 4 bytes.", Quic),
    sticky(
      buffer("quic.sni", B.quic__sni, [{ app: Quic, direction: S, progress: 1 }]),
      "The server name asked for.",
      Quic,
    ),
    sticky(buffer("quic.ua", B.quic__ua, [{ app: Quic, direction: S, progress: 1 }]), "The user agent.", Quic),
    sticky(
      buffer("quic.cyu.hash", B.quic__cyu__hash, [{ app: Quic, direction: S, progress: 1 }], { multi: true }),
      "The CYU fingerprint.",
      Quic,
    ),
    sticky(
      buffer("quic.cyu.string", B.quic__cyu__string, [{ app: Quic, direction: S, progress: 1 }], { multi: true }),
      "What the CYU fingerprint is made of.",
      Quic,
    ),
  ]),
  ...family("IKE", [
    sticky(buffer("ike.init_spi", B.ike__init_spi, toServer(Ike)), "The SPI of the initiator, in hexadecimal.", Ike),
    sticky(buffer("ike.resp_spi", B.ike__resp_spi, toClient(Ike)), "The SPI of the responder, in hexadecimal.", Ike),
    sticky(buffer("ike.vendor", B.ike__vendor, toServer(Ike), { multi: true }), "Each vendor id, in hexadecimal.", Ike),
    sticky(
      buffer("ike.key_exchange_payload", B.ike__key_exchange_payload, bothWays(Ike)),
      "The key exchange payload.",
      Ike,
    ),
    sticky(buffer("ike.nonce_payload", B.ike__nonce_payload, bothWays(Ike)), "The nonce payload.", Ike),
    number("ike.exchtype", Field.ike__exchtype, bothWays(Ike), "Type of the exchange.", Ike, { bits: 8 }),
    number(
      "ike.key_exchange_payload_length",
      Field.ike__key_exchange_payload_length,
      bothWays(Ike),
      "Bytes of the key exchange payload.",
      Ike,
      { bits: 32 },
    ),
    number(
      "ike.nonce_payload_length",
      Field.ike__nonce_payload_length,
      bothWays(Ike),
      "Bytes of the nonce payload.",
      Ike,
      { bits: 32 },
    ),
    {
      name: "ike.chosen_sa_attribute",
      value: "required",
      docs: `An attribute of the security association chosen, as \`name=number\`: ${Object.keys(SA_ATTRIBUTES).join(", ")}.`,
      apply: (signature, { text }) => {
        const found = /^\s*(\w+)\s*=\s*(\d+)\s*$/.exec(text);
        const attribute = found === null ? undefined : SA_ATTRIBUTES[found[1]!.toLowerCase()];
        if (attribute === undefined) throw new RuleError(`"${text}" is not "attribute=number"`);
        signature.setApp(Ike);
        signature.addGeneric(SA_ATTRIBUTE, {
          op: Op.TxCompare,
          field: Field.ike__chosen_sa_attribute,
          mode: CompareMode.Equal,
          a: (attribute << 32n) | BigInt(parseUnsigned(found![2]!, 0xffff_ffff)),
          b: 0n,
        });
      },
    },
  ]),
  ...family("WebSocket", [
    sticky(
      buffer("websocket.payload", B.websocket__payload, bothWays(Websocket, 1)),
      "The payload of a message, unmasked.",
      Websocket,
    ),
    number("websocket.opcode", Field.websocket__opcode, bothWays(Websocket), "Type of the message.", Websocket, {
      bits: 8,
      names: OPCODES,
    }),
    number("websocket.mask", Field.websocket__mask, bothWays(Websocket), "The masking key.", Websocket, { bits: 32 }),
    number("websocket.flags", Field.websocket__flags, bothWays(Websocket), "Flags: fin, comp.", Websocket, {
      bits: 8,
      names: { fin: 0x80, comp: 0x40 },
      bitNames: true,
    }),
  ]),
  ...family("PostgreSQL", [
    sticky(buffer("pgsql.query", B.pgsql__query, toServer(Pgsql)), "The query of a simple query message.", Pgsql),
  ]),
  ...family("NFS", [
    number("nfs_version", Field.nfs_version, toServer(Nfs), "Version of the protocol.", Nfs, {
      bits: 32,
      aliases: ["nfs.version"],
    }),
    number(
      "nfs_procedure",
      Field.nfs_procedure,
      toServer(Nfs),
      "Procedure called, by number or by the name it has in version 3.",
      Nfs,
      {
        bits: 32,
        names: NFS_PROCEDURES,
        aliases: ["nfs.procedure"],
      },
    ),
  ]),
  ...family("TFTP", [
    sticky(buffer("tftp.file", B.tftp__file, toServer(Tftp)), "The name of the file.", Tftp),
    number("tftp.opcode", Field.tftp__opcode, toServer(Tftp), "The operation.", Tftp, {
      bits: 16,
      names: { read: 1, write: 2, data: 3, ack: 4, error: 5 },
    }),
  ]),
  ...family("DHCP", [
    number("dhcp.leasetime", Field.dhcp__leasetime, bothWays(Dhcp), "Lease time in seconds.", Dhcp, { bits: 64 }),
    number("dhcp.rebinding_time", Field.dhcp__rebinding_time, bothWays(Dhcp), "Rebinding time in seconds.", Dhcp, {
      bits: 64,
    }),
    number("dhcp.renewal_time", Field.dhcp__renewal_time, bothWays(Dhcp), "Renewal time in seconds.", Dhcp, {
      bits: 64,
    }),
  ]),
];
