/**
 * Keys of QUIC's first packets (RFC 9001 section 5.2, RFC 9369 section 3.3): both sides derive them from the connection id the client
 * chose and a salt of the version, so everybody can read these packets.
 */
import { Direction } from "../abi/codes";
import { AES_KEY_SIZE, aesEncrypt, aesExpand } from "../codec/aes";
import { GCM_TAG, gcmOpen } from "../codec/gcm";
import { HKDF_HASH, hkdfExpandLabel, hkdfExtract } from "../codec/hkdf";

export const QUIC_V1: u32 = 1;
export const QUIC_V2: u32 = 0x6b33_43cf;
const SALT: u32 = 20;

const SALT_V1: usize = memory.data<u8>([
  0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f,
  0x0a,
]);
const SALT_V2: usize = memory.data<u8>([
  0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e,
  0xd9,
]);
/** Drafts 29 to 32. */
const SALT_29: usize = memory.data<u8>([
  0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8,
  0x99,
]);
/** Drafts 23 to 28. */
const SALT_23: usize = memory.data<u8>([
  0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5,
  0x02,
]);

/** Key, nonce and header key of one direction. */
const enum SideKeys {
  key = 0,
  iv = 16,
  header = 28,
  size = 48,
}

/** What a connection keeps: the keys of both directions, the client's first. */
export const QUIC_KEYS_SIZE: u32 = 96;

const initial: usize = memory.data(32, 8);
const side: usize = memory.data(32, 8);

function saltOf(version: u32): usize {
  if (version == QUIC_V1 || (version >= 0xff00_0021 && version <= 0xff00_0022)) return SALT_V1;
  if (version == QUIC_V2) return SALT_V2;
  if (version >= 0xff00_001d && version <= 0xff00_0020) return SALT_29;
  if (version >= 0xff00_0017 && version <= 0xff00_001c) return SALT_23;
  return 0;
}

/** Derives the keys of a version into QUIC_KEYS_SIZE bytes at `keys`. False: the version's packets cannot be read. */
export function quicKeys(version: u32, id: usize, idLength: u32, keys: usize): bool {
  const salt = saltOf(version);
  if (salt == 0) return false;
  hkdfExtract(salt, SALT, id, idLength, initial);
  derive("client in", version, keys);
  derive("server in", version, keys + SideKeys.size);
  return true;
}

function derive(label: string, version: u32, keys: usize): void {
  const second = version == QUIC_V2;
  hkdfExpandLabel(initial, label, HKDF_HASH, side);
  hkdfExpandLabel(side, second ? "quicv2 key" : "quic key", 16, keys + SideKeys.key);
  hkdfExpandLabel(side, second ? "quicv2 iv" : "quic iv", 12, keys + SideKeys.iv);
  hkdfExpandLabel(side, second ? "quicv2 hp" : "quic hp", 16, keys + SideKeys.header);
}

/** Longest header that is authenticated: first byte, version, ids, token and lengths of a datagram. */
const MAX_HEADER: u32 = 2048;
const header: usize = memory.data(2048 + 16, 8);
const expanded: usize = memory.data(<i32>AES_KEY_SIZE, 8);
const mask: usize = memory.data(16, 8);
const nonce: usize = memory.data(16, 8);

/**
 * Takes the protection off a packet: `data` begins with its first byte, the packet number lies at `offset`, `length` bytes from there on
 * are number and payload. Plain bytes go to `out` (`length` bytes). Bytes written, below 0 when it is not so protected.
 */
export function quicOpen(keys: usize, direction: u32, data: usize, offset: u32, length: u32, out: usize): i32 {
  if (length < 4 + 16 || offset > MAX_HEADER - 4) return -1;
  const own = keys + (direction == Direction.ToServer ? 0 : <usize>SideKeys.size);
  aesExpand(own + SideKeys.header, expanded);
  aesEncrypt(expanded, data + offset + 4, mask);
  memory.copy(header, data, offset);
  const first = <u32>load<u8>(data) ^ (<u32>load<u8>(mask) & 15);
  store<u8>(header, <u8>first);
  const numberLength = (first & 3) + 1;
  memory.copy(nonce, own + SideKeys.iv, 12);
  for (let i: u32 = 0; i < numberLength; i++) {
    const byte = load<u8>(data + offset + i) ^ load<u8>(mask + i + 1);
    store<u8>(header + offset + i, byte);
    const at = nonce + 12 - numberLength + i;
    store<u8>(at, load<u8>(at) ^ byte);
  }
  const sealed = length - numberLength;
  const whole = gcmOpen(
    own + SideKeys.key,
    nonce,
    header,
    offset + numberLength,
    data + offset + numberLength,
    sealed,
    out,
  );
  return whole ? <i32>(sealed - GCM_TAG) : -1;
}
