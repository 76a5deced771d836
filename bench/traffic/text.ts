/** What messages are made of: words, markup, scripts, pictures. All of it follows from the seed. */
import type { Random } from "../random.ts";

const WORDS =
  "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which one you were all her she there would their we him been has when who will no more if out so up said what its about than into them can only other time new some could these two may first then do any like my now over such our man me even most made after also did many off before must well back through years where much your way down should because long each just state those people too mr how little good world make very year still see own work men day get here old life both between being under three never know same last another while us might great go come since against right came take used himself few house american use place during high without again home around small however found mrs part school thought went say general once upon war every left got united number hand course water until always away public something fact less though far put head think called set almost enough end took government night yet system better nothing told eyes city going president why days present point didn look find asked second group later next room social business knew program give half side face toward white five let young form given per order large several national important rather big among often early possible point john things looked become case best whole church seemed need".split(
    " ",
  );

/** Builders of content that share one source of randomness. */
export class TextMaker {
  readonly next: Random;

  constructor(next: Random) {
    this.next = next;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.next(items.length)]!;
  }

  word(): string {
    return this.pick(WORDS);
  }

  words(count: number): string {
    return Array.from({ length: count }, () => this.word()).join(" ");
  }

  token(length: number): string {
    let text = "";
    while (text.length < length)
      text += "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[this.next(64)];
    return text;
  }

  host(): string {
    return `${this.pick(["www", "api", "cdn", "mail", "static", this.word()])}.${this.word()}-${this.word()}.${this.pick(["com", "net", "org", "io", "de"])}`;
  }

  path(): string {
    const names = Array.from({ length: 1 + this.next(4) }, () => this.word()).join("/");
    return `/${names}${this.pick(["", "/", ".html", ".js", ".css", ".json", ".png", ".php"])}`;
  }

  query(): string {
    const pairs = Array.from(
      { length: this.next(4) },
      () => `${this.word()}=${this.pick([this.word(), this.token(12), String(this.next(1e6))])}`,
    );
    return pairs.length > 0 ? `?${pairs.join("&")}` : "";
  }

  html(bytes: number): string {
    let page = `<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>${this.words(5)}</title>\n<link rel="stylesheet" href="${this.path()}">\n</head>\n<body>\n`;
    while (page.length < bytes - 40) {
      page += this.pick([
        () => `<p class="${this.word()}">${this.words(20 + this.next(60))}.</p>\n`,
        () =>
          `<div id="${this.word()}-${this.next(99)}"><a href="${this.path()}${this.query()}">${this.words(4)}</a></div>\n`,
        () => `<ul>${`<li>${this.words(6)}</li>`.repeat(1 + this.next(4))}</ul>\n`,
        () => `<img src="${this.path()}" alt="${this.words(3)}" width="${this.next(900)}">\n`,
        () => `<script>${this.script(200)}</script>\n`,
      ])();
    }
    return `${page}</body>\n</html>\n`;
  }

  script(bytes: number): string {
    let text = "";
    while (text.length < bytes) {
      text += this.pick([
        () => `function ${this.word()}${this.next(99)}(e,t){var n=e.${this.word()};return n&&t?n[t]:null}`,
        () =>
          `if(!window.${this.word()}){window.${this.word()}={};document.getElementById("${this.word()}").className="${this.word()}";}\n`,
        () => `for(var i=0;i<${this.word()}.length;i++){${this.word()}.push("${this.words(3)}")}\n`,
        () => `/* ${this.words(8)} */\n`,
      ])();
    }
    return text;
  }

  json(bytes: number): string {
    let text = "[";
    while (text.length < bytes) {
      text += `{"id":${this.next(1e9)},"name":"${this.words(2)}","active":${this.next(2) === 0},"${this.word()}":"${this.words(9)}","token":"${this.token(24)}"},`;
    }
    return `${text}null]`;
  }

  /** Bytes without a pattern: what encryption and compression leave. */
  noise(bytes: number): Buffer {
    const data = Buffer.alloc(bytes + 4);
    for (let at = 0; at < bytes; at += 4) data.writeUInt32LE((this.next(0x1_0000_0000) | 0) >>> 0, at);
    return data.subarray(0, bytes);
  }

  /** A program as files hold it: code-like bytes, tables of zeros, strings. */
  binary(bytes: number): Buffer {
    const parts: Buffer[] = [];
    for (let size = 0; size < bytes; size += parts.at(-1)!.length) {
      const kind = this.next(4);
      if (kind === 0) parts.push(Buffer.alloc(16 + this.next(400)));
      else if (kind === 1) parts.push(Buffer.from(`${this.words(6).split(" ").join("\0")}\0`, "latin1"));
      else parts.push(this.noise(64 + this.next(1000)));
    }
    return Buffer.concat(parts).subarray(0, bytes);
  }
}
