/** Body bytes on their way from the wire to what is kept: decoded, counted, stored, and given to the file they belong to. */

import { AppEvent } from "../abi/app_events";
import { Direction } from "../abi/codes";
import { Cost } from "../abi/cost";
import { decompressorFail, decompressorFeed, decompressorNext } from "../codec/decompress";
import { spend } from "../verdict/cost";
import { appendBody, Body, isFull, isRipe, openBodyStore } from "./http1_body";
import { chainOf, Decoder, isBomb, isUseless } from "./http1_coding";
import { HttpState, HttpTx } from "./http1_state";
import { report } from "./http1_transactions";
import { requestFileData, requestFileGap, responseFileData, responseFileGap } from "./http1_upload";
import { StateFlag, TxFlag } from "./transaction";

/** Request body bytes as they came off the wire, without chunk framing. */
export function requestEntity(state: HttpState, tx: HttpTx, data: usize, length: u32): void {
  tx.flags |= TxFlag.UpdatedToServer;
  tx.requestMessageLength += <u64>length;
  if (!tx.requestDecodes) {
    tx.requestEntityLength += <u64>length;
    keepRequest(state, tx, data, length);
    return;
  }
  if (tx.requestDecoder == 0 || changetype<Decoder>(tx.requestDecoder).finished) return;
  const decoder = changetype<Decoder>(tx.requestDecoder);
  if (decoder.idle) return;
  const chain = chainOf(tx.requestDecoder);
  decompressorFeed(chain, data, length);
  while (decompressorNext(chain)) {
    tx.requestEntityLength += <u64>chain.outLength;
    spend(chain.outLength * Cost.Decoded);
    keepRequest(state, tx, chain.out, chain.outLength);
    const full = isFull(tx.requestBody, true);
    if (isUseless(decoder, full)) {
      decoder.idle = true;
      return;
    }
    if (isBomb(tx.requestEntityLength, tx.requestMessageLength, chain.layers, full)) {
      report(state, tx, AppEvent.http__compression_bomb);
      decompressorFail(chain);
    }
  }
}

/** Response body bytes. False: the decoder is gone (libhtp ends the stream with an error). */
export function responseEntity(state: HttpState, tx: HttpTx, data: usize, length: u32): bool {
  tx.flags |= TxFlag.UpdatedToClient;
  tx.responseMessageLength += <u64>length;
  if (!tx.responseDecodes) {
    tx.responseEntityLength += <u64>length;
    keepResponse(state, tx, data, length);
    return true;
  }
  if (tx.responseDecoder == 0 || changetype<Decoder>(tx.responseDecoder).finished) return false;
  const decoder = changetype<Decoder>(tx.responseDecoder);
  if (decoder.idle) return true;
  const chain = chainOf(tx.responseDecoder);
  decompressorFeed(chain, data, length);
  while (decompressorNext(chain)) {
    tx.responseEntityLength += <u64>chain.outLength;
    spend(chain.outLength * Cost.Decoded);
    keepResponse(state, tx, chain.out, chain.outLength);
    const full = isFull(tx.responseBody, false);
    if (isUseless(decoder, full)) {
      decoder.idle = true;
      return true;
    }
    if (isBomb(tx.responseEntityLength, tx.responseMessageLength, chain.layers, full)) {
      report(state, tx, AppEvent.http__compression_bomb);
      decompressorFail(chain);
    }
  }
  return true;
}

/** The body is over: decoders take nothing more. */
export function finishRequestEntity(tx: HttpTx): void {
  if (tx.requestDecoder != 0) changetype<Decoder>(tx.requestDecoder).finished = true;
}

export function finishResponseEntity(tx: HttpTx): void {
  if (tx.responseDecoder != 0) changetype<Decoder>(tx.responseDecoder).finished = true;
}

/** Bytes of a body that were lost. */
export function requestGap(state: HttpState, tx: HttpTx, length: u64): void {
  tx.requestMessageLength += length;
  requestFileGap(tx);
}

export function responseGap(state: HttpState, tx: HttpTx, length: u64): void {
  tx.responseMessageLength += length;
  if (tx.responseDecodes) finishResponseEntity(tx);
  else responseFileGap(tx);
}

function keepRequest(state: HttpState, tx: HttpTx, data: usize, length: u32): void {
  if (length == 0) return;
  if (tx.requestBody == 0) tx.requestBody = openBodyStore();
  if (tx.requestBody == 0) return;
  tx.touch(Direction.ToServer);
  const taken = appendBody(changetype<Body>(tx.requestBody), true, data, length);
  if (isRipe(changetype<Body>(tx.requestBody), true)) state.flags |= StateFlag.InspectRawToServer;
  requestFileData(state, tx, data, taken);
}

function keepResponse(state: HttpState, tx: HttpTx, data: usize, length: u32): void {
  if (length == 0) return;
  if (tx.responseBody == 0) tx.responseBody = openBodyStore();
  if (tx.responseBody == 0) return;
  tx.touch(Direction.ToClient);
  const taken = appendBody(changetype<Body>(tx.responseBody), false, data, length);
  if (isRipe(changetype<Body>(tx.responseBody), false)) state.flags |= StateFlag.InspectRawToClient;
  responseFileData(state, tx, data, taken);
}
