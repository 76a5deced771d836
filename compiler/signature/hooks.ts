/** Rule hooks: the part of the header behind the protocol, `tcp:flow_start`, `http1:request_line`. */
import { AppProto, type Direction } from "../../assembly/abi/codes.ts";
import {
  FtpProgress,
  HttpProgress,
  SimpleProgress,
  SmtpProgress,
  SshProgress,
  TlsProgress,
} from "../../assembly/abi/progress.ts";
import { RuleHook } from "../../assembly/abi/rules.ts";
import { RuleError } from "../rule/problem.ts";
import { C, S } from "./buffers.ts";
import { appProtocolName } from "./protocols.ts";

const PACKET_HOOKS: Readonly<Record<string, RuleHook>> = {
  flow_start: RuleHook.PacketFlowStart,
  pre_flow: RuleHook.PacketPreFlow,
  pre_stream: RuleHook.PacketPreStream,
  all: RuleHook.PacketAll,
};

export interface AppHook {
  readonly direction: Direction;
  readonly progress: number;
}

type States = Readonly<Record<string, number>>;

/** States of protocols by the names hooks have, without the direction. */
const REQUEST_RESPONSE: ReadonlyMap<AppProto, States> = new Map<AppProto, States>([
  [
    AppProto.Http1,
    {
      started: HttpProgress.Started,
      line: HttpProgress.Line,
      headers: HttpProgress.Headers,
      body: HttpProgress.Body,
      trailer: HttpProgress.Trailer,
      complete: HttpProgress.Complete,
    },
  ],
  [
    AppProto.Ssh,
    {
      in_progress: SshProgress.InProgress,
      banner_wait_eol: SshProgress.BannerWaitEol,
      banner_done: SshProgress.BannerDone,
      finished: SshProgress.Finished,
      started: SshProgress.InProgress,
      complete: SshProgress.Finished,
    },
  ],
  [AppProto.Smtp, { started: SmtpProgress.InProgress, complete: SmtpProgress.Complete }],
  [
    AppProto.Ftp,
    {
      in_progress: FtpProgress.InProgress,
      port_done: FtpProgress.PortDone,
      finished: FtpProgress.Finished,
      started: FtpProgress.InProgress,
      complete: FtpProgress.Finished,
    },
  ],
]);

const SIMPLE: States = { started: SimpleProgress.Open, complete: SimpleProgress.Complete };

/** TLS names its states by side. */
const TLS_CLIENT: States = {
  in_progress: TlsProgress.InProgress,
  hello_done: TlsProgress.HelloDone,
  cert_done: TlsProgress.CertificateDone,
  handshake_done: TlsProgress.HandshakeDone,
  finished: TlsProgress.Finished,
};
const TLS_SERVER: States = { ...TLS_CLIENT, hello: TlsProgress.HelloDone };

/** @throws RuleError */
export function packetHook(name: string): RuleHook {
  const hook = PACKET_HOOKS[name];
  if (hook === undefined) {
    throw new RuleError(`"${name}" is not a hook of packets`, {
      advice: `known: ${Object.keys(PACKET_HOOKS).join(", ")}`,
    });
  }
  return hook;
}

/** @throws RuleError */
export function appHook(app: AppProto, name: string): AppHook {
  const split = /^(request|response|client|server)_(\w+)$/.exec(name);
  const side = split?.[1];
  const tls = side === "client" || side === "server";
  const states = tls
    ? app === AppProto.Tls
      ? side === "client"
        ? TLS_CLIENT
        : TLS_SERVER
      : undefined
    : (REQUEST_RESPONSE.get(app) ?? SIMPLE);
  const progress = split === null || states === undefined ? undefined : states[split[2]!];
  if (progress === undefined) throw new RuleError(`"${name}" is not a hook of ${appProtocolName(app)}`);
  return { direction: side === "request" || side === "client" ? S : C, progress };
}
