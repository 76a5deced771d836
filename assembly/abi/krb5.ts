/** Encryption types of Kerberos as bits of one number, so that a rule may ask for one of several. Types below `Plain` are bits themselves. */
export enum KrbEncryptionBit {
  Plain = 40,
  /** Type 65. */
  SubkeyKeyMaterial = 40,
  /** Types -128 to -149, one bit each. */
  Negative = 41,
}
