/** TCP options a packet carries: bits of `Packet.tcpOptions`. */
export enum TcpOption {
  /** Maximum segment size (RFC 9293, 3.2). */
  Mss = 1,
  /** Window scale (RFC 7323). */
  WindowScale = 2,
  /** SACK permitted (RFC 2018). */
  SackPermitted = 4,
  /** SACK blocks (RFC 2018). */
  Sack = 8,
  /** Timestamps (RFC 7323). */
  Timestamp = 16,
  /** Fast open cookie (RFC 7413), also in its experimental form. */
  FastOpen = 32,
  /** MD5 signature (RFC 2385). */
  Md5 = 64,
  /** Authentication option (RFC 5925). */
  Authentication = 128,
}
