/** One file over HTTP or HTTPS, bounded in size and time, with the server's validators so that what did not change is not sent again. */
import { readFileSync } from "node:fs";
import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { fileError, VpatchError } from "../../errors.ts";
import type { UpdateLimits } from "./limits.ts";

/** What a server says of the version it sent. */
export interface Validators {
  etag?: string;
  lastModified?: string;
}

export interface Download extends Validators {
  /** The content; undefined when it did not change. */
  bytes?: Buffer;
}

export interface DownloadOptions {
  limits: UpdateLimits;
  /** Of the version that is there already. */
  known?: Validators;
  /** PEM file of the authorities to trust beside the system's. */
  ca?: string;
}

const REDIRECTS = 5;

/** @throws VpatchError with what went wrong; `status` 404 and 410 give undefined when `optional` */
export async function download(url: string, options: DownloadOptions): Promise<Download>;
export async function download(
  url: string,
  options: DownloadOptions & { optional: true },
): Promise<Download | undefined>;
export async function download(
  url: string,
  options: DownloadOptions & { optional?: boolean },
): Promise<Download | undefined> {
  let target = new URL(url);
  const deadline = AbortSignal.timeout(options.limits.timeout);
  for (let hop = 0; hop <= REDIRECTS; hop++) {
    const response = await send(target, options, deadline);
    const { statusCode = 0, headers } = response;
    if (statusCode >= 300 && statusCode < 400 && statusCode !== 304 && headers.location !== undefined) {
      response.resume();
      const next = new URL(headers.location, target);
      if (target.protocol === "https:" && next.protocol !== "https:")
        throw failure(url, `it leads to ${next}, without TLS`);
      target = next;
      continue;
    }
    if (statusCode === 304) {
      response.resume();
      return { ...options.known };
    }
    if (statusCode !== 200) {
      response.resume();
      if (options.optional && (statusCode === 404 || statusCode === 410)) return undefined;
      throw failure(url, `the server answers ${statusCode} ${response.statusMessage ?? ""}`.trimEnd());
    }
    const bytes = await body(url, response, options.limits, deadline);
    return {
      bytes,
      ...(headers.etag === undefined ? {} : { etag: headers.etag }),
      ...(headers["last-modified"] === undefined ? {} : { lastModified: headers["last-modified"] }),
    };
  }
  throw failure(url, `it is redirected more than ${REDIRECTS} times`);
}

function failure(url: string, message: string): VpatchError {
  return new VpatchError("VPATCH_RULES", `${url}: ${message}`);
}

function send(target: URL, { limits, known, ca }: DownloadOptions, signal: AbortSignal): Promise<IncomingMessage> {
  if (target.protocol !== "http:" && target.protocol !== "https:") {
    return Promise.reject(
      failure(target.href, `${target.protocol}// is not supported; write https://, http:// or a file`),
    );
  }
  const headers: Record<string, string> = { "user-agent": "vpatch", accept: "*/*" };
  if (known?.etag !== undefined) headers["if-none-match"] = known.etag;
  else if (known?.lastModified !== undefined) headers["if-modified-since"] = known.lastModified;
  const trusted = ca === undefined ? {} : { ca: readAuthorities(ca) };
  return new Promise((resolve, reject) => {
    const options = { headers, signal, timeout: limits.idle, ...trusted };
    let response: IncomingMessage | undefined;
    const answer = (given: IncomingMessage): void => {
      response = given;
      resolve(given);
    };
    const request: ClientRequest =
      target.protocol === "https:" ? requestHttps(target, options, answer) : requestHttp(target, options, answer);
    request.on("timeout", () =>
      (response ?? request).destroy(new Error(`the server sent nothing for ${limits.idle / 1000} s`)),
    );
    request.on("error", (error) => reject(failure(target.href, reason(error, limits))));
    request.end();
  });
}

function reason(error: Error, { timeout }: UpdateLimits): string {
  return error.name === "AbortError" || error.name === "TimeoutError"
    ? `took more than ${timeout / 1000} s`
    : error.message;
}

function readAuthorities(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw fileError(cause, file);
  }
}

async function body(
  url: string,
  response: IncomingMessage,
  limits: UpdateLimits,
  deadline: AbortSignal,
): Promise<Buffer> {
  const announced = Number(response.headers["content-length"] ?? Number.NaN);
  const tooLarge = (): VpatchError => failure(url, `larger than ${limits.download} bytes`);
  if (announced > limits.download) {
    response.destroy();
    throw tooLarge();
  }
  const parts: Buffer[] = [];
  let total = 0;
  try {
    for await (const part of response) {
      total += (part as Buffer).length;
      if (total > limits.download) throw tooLarge();
      parts.push(part as Buffer);
    }
  } catch (error) {
    response.destroy();
    if (error instanceof VpatchError) throw error;
    const why = reason(deadline.aborted ? (deadline.reason as Error) : (error as Error), limits);
    throw failure(url, `the transfer broke off after ${total} bytes (${why})`);
  }
  // Node tells a connection that ends early; a length that lies is told here.
  if (!Number.isNaN(announced) && announced !== total)
    throw failure(url, `${announced} bytes announced, ${total} came`);
  return Buffer.concat(parts);
}
