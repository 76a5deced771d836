/** The destinations that a configuration asks for. */
import { hostname } from "node:os";
import { isAbsolute, join } from "node:path";
import type { EveDestination } from "../config/schema/eve_destination.ts";
import { fileError } from "../errors.ts";
import { DatagramLines, type DatagramSender } from "./datagrams.ts";
import type { Destination } from "./destination.ts";
import { EveOutputs } from "./eve-outputs.ts";
import { RotatingFile } from "./rotating-file.ts";
import { syslogEnvelope } from "./syslog.ts";
import { UdpSender } from "./udp-sender.ts";
import { UnixStream } from "./unix-stream.ts";

/** Makes a sender of Unix datagrams; the operating system's part. */
export type UnixSender = (path: string) => DatagramSender;

/** Opens every destination. @throws VpatchError when a file cannot be opened */
export async function openOutputs(
  destinations: readonly EveDestination[],
  folder: string,
  unixSender: UnixSender,
): Promise<EveOutputs> {
  const outputs = new EveOutputs();
  for (const each of destinations) outputs.add(await open(each, folder, unixSender), each.types);
  return outputs;
}

async function open(wanted: EveDestination, folder: string, unixSender: UnixSender): Promise<Destination> {
  const path = isAbsolute(wanted.filename) ? wanted.filename : join(folder, wanted.filename);
  const { bufferSize } = wanted;
  switch (wanted.filetype) {
    case "unix_stream":
      return new UnixStream(path, bufferSize);
    case "unix_dgram":
      return new DatagramLines(`unix_dgram ${path}`, unixSender(path), (line) => line, bufferSize);
    case "syslog": {
      const { server, ...syslog } = wanted.syslog;
      const host = hostname();
      const envelope = syslogEnvelope({ ...syslog, host, pid: process.pid, local: server === undefined });
      if (server === undefined) return new DatagramLines(`syslog ${path}`, unixSender(path), envelope, bufferSize);
      const colon = server.lastIndexOf(":");
      const sender = new UdpSender(server.slice(0, colon).replace(/^\[|\]$/g, ""), Number(server.slice(colon + 1)));
      return new DatagramLines(`syslog ${server}`, sender, envelope, bufferSize);
    }
    case "regular": {
      const file = new RotatingFile({
        file: path,
        size: wanted.rotateSize,
        interval: wanted.rotateInterval,
        keep: wanted.rotateKeep,
        mode: wanted.filemode,
        append: wanted.append,
        limit: bufferSize,
      });
      try {
        await file.open();
      } catch (cause) {
        throw fileError(cause, path);
      }
      return file;
    }
  }
}
