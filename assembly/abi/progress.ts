/**
 * How far a transaction has come, a direction each: a buffer can be inspected from its progress on, and a direction is over at `Complete`.
 * The numbers are shared by the parser that reports them and the compiler that writes them into lists and hooks.
 */
export const enum HttpProgress {
  Started = 0,
  Line = 1,
  Headers = 2,
  Body = 3,
  Trailer = 4,
  Complete = 5,
}

/** Suricata's states of an HTTP/2 stream; both directions share one. Frames of stream 0 are `Global`. */
export const enum Http2Progress {
  Idle = 0,
  Open = 1,
  Reserved = 2,
  DataClient = 3,
  HalfClosedClient = 4,
  DataServer = 5,
  HalfClosedServer = 6,
  Complete = 7,
  Global = 8,
  Dropped = 9,
}

export const enum TlsProgress {
  InProgress = 0,
  HelloDone = 1,
  CertificateDone = 2,
  HandshakeDone = 3,
  Finished = 4,
}

export const enum SshProgress {
  InProgress = 0,
  BannerWaitEol = 1,
  BannerDone = 2,
  Finished = 3,
}

export const enum SmtpProgress {
  InProgress = 0,
  Complete = 1,
}

export const enum FtpProgress {
  InProgress = 0,
  PortDone = 1,
  Finished = 2,
}

/** DNS, SMB, DCERPC and most request/response protocols: a direction is either open or over. */
export const enum SimpleProgress {
  Open = 0,
  Complete = 1,
}
