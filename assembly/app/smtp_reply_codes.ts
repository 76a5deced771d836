/** Reply codes of RFC 5321, RFC 4954 and RFC 3207. */
export function isReplyCode(code: u32): bool {
  switch (code) {
    case 211:
    case 214:
    case 220:
    case 221:
    case 235:
    case 250:
    case 251:
    case 252:
    case 334:
    case 354:
    case 401:
    case 402:
    case 421:
    case 435:
    case 450:
    case 451:
    case 452:
    case 454:
    case 455:
    case 500:
    case 501:
    case 502:
    case 503:
    case 504:
    case 511:
    case 521:
    case 522:
    case 525:
    case 530:
    case 534:
    case 535:
    case 538:
    case 541:
    case 543:
    case 550:
    case 551:
    case 552:
    case 553:
    case 554:
    case 555:
      return true;
    default:
      return false;
  }
}
