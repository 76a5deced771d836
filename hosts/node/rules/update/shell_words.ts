/** A line split into words as a POSIX shell does: quotes, and backslashes before the next character. */

/** @throws SyntaxError when a quote is not closed */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const letter = line[at]!;
    if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (letter === "'") {
      const end = line.indexOf("'", at + 1);
      if (end < 0) throw new SyntaxError("a quote is not closed");
      word = (word ?? "") + line.slice(at + 1, end);
      at = end;
    } else if (letter === '"') {
      word ??= "";
      for (at++; line[at] !== '"'; at++) {
        if (at >= line.length) throw new SyntaxError("a quote is not closed");
        // Within double quotes a backslash only escapes a quote and itself.
        if (line[at] === "\\" && (line[at + 1] === '"' || line[at + 1] === "\\")) at++;
        word += line[at];
      }
    } else if (letter === "\\") {
      if (at + 1 >= line.length) throw new SyntaxError("nothing stands behind the last backslash");
      at++;
      word = (word ?? "") + line[at]!;
    } else word = (word ?? "") + letter;
  }
  if (word !== undefined) words.push(word);
  return words;
}
