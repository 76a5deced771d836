/** Sets of values in the database (abi/database.ts). */

export const enum DatasetRecord {
  /** u32 offset of a sorted table of hashes/values */
  values = 0,
  /** u32 count of values */
  count = 4,
  /** u8, DatasetType */
  type = 8,
  /** u32 name hash */
  name = 12,
  /** u32 hash table capacity wanted for `set` */
  hashSize = 16,
  size = 24,
}

export enum DatasetType {
  String = 1,
  Md5 = 2,
  Sha256 = 3,
  Ipv4 = 4,
  Ip = 5,
}
