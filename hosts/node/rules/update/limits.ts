/** What an update may cost at most. */
export interface UpdateLimits {
  /** Bytes of one download. */
  download: number;
  /** Bytes of everything in one archive, unpacked. */
  unpacked: number;
  /** Files in one archive. */
  files: number;
  /** Milliseconds for one download, and for a server to send nothing. */
  timeout: number;
  idle: number;
}

export const UPDATE_LIMITS: UpdateLimits = {
  download: 128 << 20,
  unpacked: 256 << 20,
  files: 10_000,
  timeout: 300_000,
  idle: 30_000,
};
