/**
 * What IKE version 2 proposes (RFC 7296 sections 3.2 and 3.3): the transforms of each proposal, and which of them are weak, unknown or
 * missing. A message of which any payload is malformed proposes nothing, as in Suricata.
 *
 * Contract: nothing outside the `length` bytes given is read.
 */
import { AppEvent } from "../abi/app_events";
import { be16 } from "../wire/bytes";
import { Tx } from "./transaction";

/** Bits: what was found in the proposals of a message. */
enum Finding {
  WeakEncryption = 1,
  WeakPrf = 2,
  WeakIntegrity = 4,
  WeakGroup = 8,
  Invalid = 16,
  Unknown = 32,
  NoGroup = 64,
  NoIntegrity = 128,
  NoEncryption = 256,
}

/** Payload types. */
enum Payload {
  SecurityAssociation = 33,
  KeyExchange = 34,
  IdentInitiator = 35,
  IdentResponder = 36,
  Certificate = 37,
  CertificateRequest = 38,
  Authentication = 39,
  Notify = 41,
  Delete = 42,
  VendorId = 43,
}

/** Transform types. */
enum Transform {
  Encryption = 1,
  Prf = 2,
  Integrity = 3,
  Group = 4,
  SequenceNumbers = 5,
}

const HEADER: u32 = 4;
const PROPOSAL_HEADER: u32 = 8;
const TRANSFORM_HEADER: u32 = 8;
/** Protocol of a proposal: authentication without encryption. */
const AUTHENTICATION_HEADER: u32 = 2;

let found: u32 = 0;

/** DES, 3DES, RC5, IDEA, CAST, Blowfish and no encryption at all. */
function isWeakEncryption(id: u32): bool {
  return (id >= 1 && id <= 9) || id == 11;
}

/** CCM, GCM and ChaCha20-Poly1305 bring their own integrity. */
function isAuthenticated(id: u32): bool {
  return (id >= 14 && id <= 20 && id != 17) || (id >= 25 && id <= 28);
}

/** 768, 1024 (with a subgroup of 160, too) and 1536 bits. */
function isWeakGroup(id: u32): bool {
  return id == 1 || id == 2 || id == 5 || id == 22;
}

/** One transform's finding. */
function judge(type: u32, id: u32): u32 {
  switch (type) {
    case Transform.Encryption:
      return isWeakEncryption(id) ? Finding.WeakEncryption : 0;
    case Transform.Prf:
      if (id == 0) return Finding.Invalid;
      return id <= 2 ? Finding.WeakPrf : 0;
    case Transform.Integrity:
      return id >= 1 && id <= 7 ? Finding.WeakIntegrity : 0;
    case Transform.Group:
      if (id == 0) return Finding.Invalid;
      return isWeakGroup(id) ? Finding.WeakGroup : 0;
    case Transform.SequenceNumbers:
      return 0;
    default:
      return Finding.Unknown;
  }
}

/** The transforms of a proposal. False: malformed. */
function transforms(count: u32, protocol: u32, data: usize, length: u32): bool {
  let group = false;
  let integrity = false;
  let authenticated = false;
  let at: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (length - at < TRANSFORM_HEADER) return false;
    const size = max<u32>(be16(data + at + 2), TRANSFORM_HEADER);
    if (length - at < size) return false;
    const type = <u32>load<u8>(data + at, 4);
    const id: u32 = be16(data + at + 6);
    found |= judge(type, id);
    if (type == Transform.Group) group = true;
    else if (type == Transform.Integrity && id != 0) integrity = true;
    else if (type == Transform.Encryption && isAuthenticated(id)) authenticated = true;
    at += size;
  }
  if (!group) found |= Finding.NoGroup;
  if (!integrity && !authenticated) found |= Finding.NoIntegrity;
  if (protocol == AUTHENTICATION_HEADER) found |= Finding.NoEncryption;
  return true;
}

/** The proposals of a security association. False: malformed. */
function proposals(data: usize, length: u32): bool {
  let at: u32 = 0;
  while (length - at >= PROPOSAL_HEADER) {
    const size: u32 = be16(data + at + 2);
    const fixed = PROPOSAL_HEADER + <u32>load<u8>(data + at, 6);
    if (size < fixed || size > length - at) break;
    const before = found;
    if (!transforms(load<u8>(data + at, 7), load<u8>(data + at, 5), data + at + fixed, size - fixed)) {
      found = before;
      break;
    }
    at += size;
  }
  // What comes behind the last good one is passed over; there must be one.
  return at > 0;
}

/** Bytes a payload has at least. */
function least(type: u32): u32 {
  switch (type) {
    case Payload.KeyExchange:
    case Payload.IdentInitiator:
    case Payload.IdentResponder:
    case Payload.Authentication:
    case Payload.Notify:
      return 4;
    case Payload.Certificate:
    case Payload.CertificateRequest:
      return 1;
    case Payload.Delete:
    case Payload.VendorId:
      return 8;
    default:
      return 0;
  }
}

/** Reads the payloads behind the header of a message of version 2; raises what is wrong with the proposals. */
export function readProposals(tx: Tx, first: u32, data: usize, length: u32): void {
  found = 0;
  let type = first;
  let at: u32 = 0;
  while (at < length) {
    if (length - at < HEADER) return;
    const size: u32 = be16(data + at + 2);
    if (size < HEADER || size > length - at || size - HEADER < least(type)) return;
    if (type == Payload.SecurityAssociation && !proposals(data + at + HEADER, size - HEADER)) return;
    type = load<u8>(data + at);
    at += size;
  }
  raiseFindings(tx);
}

function raiseFindings(tx: Tx): void {
  if ((found & Finding.WeakEncryption) != 0) tx.raise(AppEvent.ike__weak_crypto_enc);
  if ((found & Finding.WeakPrf) != 0) tx.raise(AppEvent.ike__weak_crypto_prf);
  if ((found & Finding.WeakIntegrity) != 0) tx.raise(AppEvent.ike__weak_crypto_auth);
  if ((found & Finding.WeakGroup) != 0) tx.raise(AppEvent.ike__weak_crypto_dh);
  if ((found & Finding.Invalid) != 0) tx.raise(AppEvent.ike__invalid_proposal);
  if ((found & Finding.Unknown) != 0) tx.raise(AppEvent.ike__unknown_proposal);
  if ((found & Finding.NoGroup) != 0) tx.raise(AppEvent.ike__weak_crypto_no_dh);
  if ((found & Finding.NoIntegrity) != 0) tx.raise(AppEvent.ike__weak_crypto_no_auth);
  if ((found & Finding.NoEncryption) != 0) tx.raise(AppEvent.ike__no_encryption);
}
