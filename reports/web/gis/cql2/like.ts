/** `%`: any text. */
const ANY = Symbol('any text');
/** `_`: any one character. */
const ONE = Symbol('any character');

/**
 * SQL's LIKE: % stands for any text, _ for any character, \ before either for itself. Not by a regular expression, which tries all
 * ways of many % in turn.
 * @param pattern does not end with a lone \
 */
export function likeness(pattern: string): (text: string) => boolean {
  const wanted: (string | symbol)[] = [];
  const signs = [...pattern];
  for (let k = 0; k < signs.length; k++) {
    const sign = signs[k];
    if (sign === '\\') wanted.push(signs[++k]);
    else if (sign === '_') wanted.push(ONE);
    else if (sign !== '%') wanted.push(sign);
    else if (wanted.at(-1) !== ANY) wanted.push(ANY);
  }
  const least = wanted.filter((one) => one !== ANY).length;
  return (text) => {
    const characters = [...text];
    // of a pattern longer than the text not a sign is tried
    return characters.length >= least && isLike(characters, wanted);
  };
}

/** After a wrong step only the last % takes one character more: the ones before it need not. */
function isLike(characters: readonly string[], wanted: readonly (string | symbol)[]): boolean {
  let [at, sign] = [0, 0];
  let again: { at: number; readonly sign: number } | null = null;
  while (at < characters.length) {
    if (sign < wanted.length && (wanted[sign] === ONE || wanted[sign] === characters[at])) {
      at++;
      sign++;
    } else if (wanted[sign] === ANY) {
      again = { at, sign: sign + 1 };
      sign++;
    } else if (again !== null) {
      again = { at: again.at + 1, sign: again.sign };
      [at, sign] = [again.at, again.sign];
    } else return false;
  }
  while (wanted[sign] === ANY) sign++;
  return sign === wanted.length;
}
