/**
 * Content codings of a message body: which decoders the headers ask for, and the body bytes through them.
 *
 * A value that is exactly one known coding is taken as it is; a list, or anything else, is read word by word, up to the layer limit.
 * Decoding stops for good when the output is beyond both the bomb limit and 2048 times the input.
 */
import { AppEvent } from "../abi/app_events";
import { Setting } from "../abi/settings";
import {
  Decompressor,
  decompressorBegin,
  decompressorPrepend,
  decompressorSize,
  Encoding,
  MAX_LAYERS,
} from "../codec/decompress";
import { Account, acquire, release } from "../memory/heap";
import { setting } from "../memory/settings";
import { containsWord, equalsExactly, equalsWordSkippingNul } from "./ascii";
import { findObeyed, isPresent } from "./http1_headers";
import { HeaderTable, HttpState, HttpTx } from "./http1_state";
import { report } from "./http1_transactions";

const BOMB_RATIO: u64 = 2048;
const LAYERED_RATIO: u64 = 512;
const MAX_LZMA_WINDOW: u32 = 1 << 24;

/** A decompressor with the memory it needs. */
@unmanaged
export class Decoder {
  chain: usize = 0;
  lzmaWindow: usize = 0;
  /** The stream was ended: nothing more is decoded. */
  finished: bool = false;
  /** No more of the body is kept: what is still to come need not be decoded. */
  idle: bool = false;
}

export function freeDecoder(at: usize): void {
  if (at == 0) return;
  const d = changetype<Decoder>(at);
  release(d.chain);
  release(d.lzmaWindow);
  release(at);
}

export function chainOf(at: usize): Decompressor {
  return changetype<Decompressor>(changetype<Decoder>(at).chain);
}

function exactCoding(data: usize, length: u32): i32 {
  if (equalsWordSkippingNul(data, length, "gzip") || equalsWordSkippingNul(data, length, "x-gzip"))
    return Encoding.Gzip;
  if (equalsWordSkippingNul(data, length, "deflate") || equalsWordSkippingNul(data, length, "x-deflate")) {
    return Encoding.Deflate;
  }
  if (equalsWordSkippingNul(data, length, "lzma")) return Encoding.Lzma;
  if (equalsWordSkippingNul(data, length, "inflate") || equalsWordSkippingNul(data, length, "none")) {
    return Encoding.None;
  }
  return -1;
}

let abnormal: bool = false;

/** One word of a list. */
function listedCoding(data: usize, length: u32): Encoding {
  abnormal = false;
  if (containsWord(data, length, "gzip")) {
    abnormal = !equalsExactly(data, length, "gzip") && !equalsExactly(data, length, "x-gzip");
    return Encoding.Gzip;
  }
  if (containsWord(data, length, "deflate")) {
    abnormal = !equalsExactly(data, length, "deflate") && !equalsExactly(data, length, "x-deflate");
    return Encoding.Deflate;
  }
  if (equalsExactly(data, length, "lzma")) return Encoding.Lzma;
  abnormal = !equalsExactly(data, length, "inflate") && !equalsExactly(data, length, "none");
  return Encoding.None;
}

/** Makes the record, for `layers`, on the first coding and adds `encoding`. Returns the record, or 0 when memory is short. */
function prepend(decoder: usize, encoding: Encoding, layers: u32): usize {
  if (encoding == Encoding.None) return decoder;
  if (decoder == 0) {
    const at = acquire(Account.Http, <u32>offsetof<Decoder>());
    const chain = acquire(Account.Http, <u32>decompressorSize(layers));
    if (at == 0 || chain == 0) {
      release(at);
      release(chain);
      return 0;
    }
    const d = changetype<Decoder>(at);
    d.chain = chain;
    d.lzmaWindow = 0;
    d.finished = false;
    d.idle = false;
    decompressorBegin(chain, layers, 0, 0);
    decoder = at;
  }
  const d = changetype<Decoder>(decoder);
  if (encoding == Encoding.Lzma && d.lzmaWindow == 0) {
    const enabled = setting(Setting.HttpLzmaEnabled) != 0;
    const size = enabled ? min<u32>(setting(Setting.HttpLzmaMemlimit), MAX_LZMA_WINDOW) : 0;
    d.lzmaWindow = size == 0 ? 0 : acquire(Account.Http, size);
    const chain = chainOf(decoder);
    chain.lzmaWindow = d.lzmaWindow;
    chain.lzmaWindowSize = d.lzmaWindow == 0 ? 0 : size;
  }
  decompressorPrepend(chainOf(decoder), encoding);
  return decoder;
}

/** The decoder that a message's Content-Encoding asks for: 0 for none. */
export function openDecoder(state: HttpState, tx: HttpTx, headers: HeaderTable): usize {
  const header = findObeyed(headers, "content-encoding");
  if (!isPresent(header)) return 0;
  const data = header.valueData;
  const length = header.valueLength;
  const exact = exactCoding(data, length);
  if (exact >= 0) return prepend(0, exact, 1);
  const limit = setting(Setting.HttpDecompressLayers);
  const most = limit == 0 ? MAX_LAYERS : min<u32>(limit, MAX_LAYERS);
  const lzmaLimit: u32 = setting(Setting.HttpLzmaEnabled) != 0 ? 1 : 0;
  let decoder: usize = 0;
  let layers: u32 = 0;
  let lzmaLayers: u32 = 0;
  let at: u32 = 0;
  while (at < length) {
    let stop = at;
    while (stop < length && load<u8>(data + stop) != 0x2c && load<u8>(data + stop) != 0x20) stop++;
    if (stop > at) {
      layers++;
      if (limit != 0 && layers > limit) {
        report(state, tx, AppEvent.http__too_many_encoding_layers);
        break;
      }
      const encoding = listedCoding(data + at, stop - at);
      if (abnormal) report(state, tx, AppEvent.http__abnormal_ce_header);
      if (encoding == Encoding.Lzma && ++lzmaLayers > lzmaLimit) break;
      decoder = prepend(decoder, encoding, most);
    }
    at = stop + 1;
  }
  return decoder;
}

/** Is more of the output of no use? One coding cannot become a bomb; what several give must be counted. */
export function isUseless(decoder: Decoder, full: bool): bool {
  return full && decoder.lzmaWindow == 0 && changetype<Decompressor>(decoder.chain).layers == 1;
}

/**
 * The output so far is a decompression bomb's. One coding never packs 2048 to one; of codings within each other no more is unpacked than is
 * kept (`full`), once they are beyond what one coding can do.
 */
export function isBomb(entityLength: u64, messageLength: u64, layers: u32, full: bool): bool {
  if (full && layers > 1 && entityLength > messageLength * LAYERED_RATIO) return true;
  return entityLength > <u64>setting(Setting.HttpBombLimit) && entityLength > messageLength * BOMB_RATIO;
}
