/** Encryption types of Kerberos (RFC 3961 section 8 and the registry of IANA): their names, and sets of them. */
import { Field } from "../../assembly/abi/buffers.ts";
import { CompareMode, Op } from "../../assembly/abi/conditions.ts";
import { KrbEncryptionBit } from "../../assembly/abi/krb5.ts";
import { RuleError } from "../rule/problem.ts";

const TYPES: Readonly<Record<string, number>> = {
  "des-cbc-crc": 1,
  "des-cbc-md4": 2,
  "des-cbc-md5": 3,
  "des3-cbc-md5": 5,
  "des3-cbc-sha1": 7,
  "dsaWithSHA1-CmsOID": 9,
  "md5WithRSAEncryption-CmsOID": 10,
  "sha1WithRSAEncryption-CmsOID": 11,
  "rc2CBC-EnvOID": 12,
  "rsaEncryption-EnvOID": 13,
  "rsaES-OAEP-ENV-OID": 14,
  "des-ede3-cbc-Env-OID": 15,
  "des3-cbc-sha1-kd": 16,
  "aes128-cts-hmac-sha1-96": 17,
  "aes256-cts-hmac-sha1-96": 18,
  "aes128-cts-hmac-sha256-128": 19,
  "aes256-cts-hmac-sha384-192": 20,
  "rc4-hmac": 23,
  "rc4-hmac-exp": 24,
  "camellia128-cts-cmac": 25,
  "camellia256-cts-cmac": 26,
  "subkey-keymaterial": 65,
  "rc4-md4": -128,
  "rc4-plain2": -129,
  "rc4-lm": -130,
  "rc4-sha": -131,
  "des-plain": -132,
  "rc4-hmac-OLD": -133,
  "rc4-plain-OLD": -134,
  "rc4-hmac-OLD-exp": -135,
  "rc4-plain-OLD-exp": -136,
  "rc4-plain": -140,
  "rc4-plain-exp": -141,
};

function bitOf(type: number): number | undefined {
  if (type >= 0 && type < KrbEncryptionBit.Plain) return type;
  if (type === 65) return KrbEncryptionBit.SubkeyKeyMaterial;
  return type <= -128 && type >= -149 ? KrbEncryptionBit.Negative - 128 - type : undefined;
}

/** The condition a list of types stands for. @throws RuleError */
export function ticketEncryption(text: string) {
  const base = { op: Op.TxCompare, b: 0n } as const;
  const weak = /^(!?)weak$/.exec(text);
  if (weak !== null) {
    const a = weak[1] === "!" ? 0n : 1n;
    return { ...base, field: Field.krb5__ticket_weak, mode: CompareMode.Equal, a } as const;
  }
  let mask = 0n;
  for (const word of text.split(/[\s,]+/)) {
    const type = /^-?\d+$/.test(word) ? Number(word) : TYPES[word];
    if (type === undefined) throw new RuleError(`"${word}" is not a type of encryption`);
    const bit = bitOf(type);
    if (bit === undefined) throw new RuleError(`the type ${word} is not assigned`);
    mask |= 1n << BigInt(bit);
  }
  return { ...base, field: Field.krb5__ticket_encryption, mode: CompareMode.And, a: mask } as const;
}
