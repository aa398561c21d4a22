/** Pairs two strings of equal length, character by character. */
function pairs(from: string, to: string): [string, string][] {
  const plain = [...to];
  return [...from].map((character, at) => [character, plain[at]!]);
}

function alphabet(first: number): [string, string][] {
  return Array.from({ length: 26 }, (_, at) => [String.fromCodePoint(first + at), String.fromCharCode(97 + at)]);
}

/**
 * Lower-case letters of other alphabets that read as a Latin one, after Unicode's confusables (UTS 39), without those
 * that only a font could confuse. The first Cyrillic letter of each Latin one is the one it is turned back into.
 */
export const lookalikes: ReadonlyMap<string, string> = new Map([
  ...pairs("аеорсухікмтнвзѕјԁԛԝһгпбчя", "aeopcyxikmthb3sjdqwhrnb4r"),
  ...pairs("ёєӏүҽҫқӊӎԍидлф", "eeluecknmgudlf"),
  ...pairs("αβγδεηικνορστυχωμθζλ", "abydenikvopotuxwuozl"),
  ...pairs("օսոհցզքցյտվեռ", "ounhgqpgjsvtn"),
]);

/** Ornamental letters that no compatibility mapping of Unicode covers. */
export const stylised: ReadonlyMap<string, string> = new Map([
  ...pairs("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz"),
  ...pairs("ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎɑɡɩɾƨƽʋ", "acefghijkmrtvwyagirssv"),
  ...alphabet(0x1f1e6),
  ...alphabet(0x1f150),
  ...alphabet(0x1f170),
  ...alphabet(0x1f130),
]);
