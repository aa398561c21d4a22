/**
 * The payload's code: 32 bits and a CRC of 16, in a tail-biting convolutional code of rate 1/4 and constraint length 9.
 * The generators are the table's best for that rate and length (Larsen 1973; free distance 24). Tail-biting means the
 * register starts in the state in which it will end, so that no bit is spent on a tail.
 */
const generators = [0o463, 0o535, 0o733, 0o745] as const;
const memory = 8;
const states = 1 << memory;
const payloadBits = 32;
const crcBits = 16;
const messageBits = payloadBits + crcBits;

export const codeBits = messageBits * generators.length;

/** Steps a circular path is followed before and after the part that is kept: five times the memory settles it. */
const lead = 5 * memory;

/** CRC-16/IBM-3740 (polynomial 0x1021, start 0xFFFF) of the payload's four bytes, high byte first. */
function crc16(payload: number): number {
  let crc = 0xffff;
  for (let bit = payloadBits - 1; bit >= 0; bit -= 1) {
    const feedback = (crc >>> 15) ^ ((payload >>> bit) & 1);
    crc = ((crc << 1) & 0xffff) ^ (feedback === 1 ? 0x1021 : 0);
  }
  return crc;
}

/** `outputs[register]`: the four code bits of a register of nine bits, the newest bit highest. */
const outputs = Uint8Array.from({ length: 2 * states }, (_, register) =>
  generators.reduce((bits, generator, i) => bits | (parity(register & generator) << i), 0),
);

function parity(value: number): number {
  let odd = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) odd ^= 1;
  return odd;
}

/** Code bits (each 0 or 1) of a payload 0…2³²−1. */
export function encodePayload(payload: number): Uint8Array {
  const crc = crc16(payload);
  const bit = (i: number) => (i < payloadBits ? payload >>> (payloadBits - 1 - i) : crc >>> (messageBits - 1 - i)) & 1;
  return encodeMessage(Uint8Array.from({ length: messageBits }, (_, i) => bit(i)));
}

function encodeMessage(message: Uint8Array): Uint8Array {
  const code = new Uint8Array(codeBits);
  let state = 0;
  for (let i = messageBits - memory; i < messageBits; i += 1) state = advance(state, message[i]!);
  for (let i = 0; i < messageBits; i += 1) {
    const bits = outputs[(message[i]! << memory) | state]!;
    for (let j = 0; j < generators.length; j += 1) code[i * generators.length + j] = (bits >> j) & 1;
    state = advance(state, message[i]!);
  }
  return code;
}

function advance(state: number, bit: number): number {
  return (state >> 1) | (bit << (memory - 1));
}

/**
 * The likeliest message by Viterbi's algorithm. `soft[i]` is positive where code bit i is more likely 1, its size how
 * sure. Answers the payload when the CRC holds, and in any case how much of the evidence agrees with the code word:
 * `agreement = Σ ±soft / Σ |soft|`, 1 when all of it does.
 */
export function decodePayload(soft: Float64Array): { payload: number | undefined; agreement: number } {
  const message = likeliest(soft);
  let payload = 0;
  let crc = 0;
  for (let i = 0; i < payloadBits; i += 1) payload = ((payload << 1) | message[i]!) >>> 0;
  for (let i = payloadBits; i < messageBits; i += 1) crc = (crc << 1) | message[i]!;
  const code = encodeMessage(message);
  let agreed = 0;
  let all = 0;
  for (let i = 0; i < codeBits; i += 1) {
    agreed += code[i] === 1 ? soft[i]! : -soft[i]!;
    all += Math.abs(soft[i]!);
  }
  return { payload: crc === crc16(payload) ? payload : undefined, agreement: all > 0 ? agreed / all : 0 };
}

function likeliest(soft: Float64Array): Uint8Array {
  const steps = messageBits + 2 * lead;
  const survivors = new Uint8Array(steps * states);
  let metric = new Float64Array(states);
  let next = new Float64Array(states);
  const branch = new Float64Array(1 << generators.length);
  const at = (step: number) => (step + messageBits - lead) % messageBits;
  for (let step = 0; step < steps; step += 1) {
    const first = at(step) * generators.length;
    for (let bits = 0; bits < branch.length; bits += 1) {
      let sum = 0;
      for (let j = 0; j < generators.length; j += 1) sum += (bits >> j) & 1 ? soft[first + j]! : -soft[first + j]!;
      branch[bits] = sum;
    }
    // A state's two predecessors differ in the bit that falls out, the register's lowest.
    for (let state = 0; state < states; state += 1) {
      const register = (state << 1) & (2 * states - 1);
      const even = metric[register & (states - 1)]! + branch[outputs[register]!]!;
      const odd = metric[(register | 1) & (states - 1)]! + branch[outputs[register | 1]!]!;
      next[state] = Math.max(even, odd);
      survivors[step * states + state] = odd > even ? 1 : 0;
    }
    [metric, next] = [next, metric];
  }
  const message = new Uint8Array(messageBits);
  let state = metric.indexOf(metric.reduce((a, b) => Math.max(a, b)));
  for (let step = steps - 1; step >= lead; step -= 1) {
    if (step < lead + messageBits) message[at(step)] = state >> (memory - 1);
    state = ((state << 1) & (states - 1)) | survivors[step * states + state]!;
  }
  return message;
}
