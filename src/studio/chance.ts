/** 0…1 without 1, evenly: for spreading retries. */
export function randomShare(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
}
