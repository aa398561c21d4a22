/** A complex plane `[n, n]`. */
export interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
  readonly n: number;
}

export function emptySpectrum(n: number): Spectrum {
  return { re: new Float64Array(n * n), im: new Float64Array(n * n), n };
}

/**
 * Forward discrete Fourier transform in place, n a power of two:
 * `F[ky, kx] = Σ f[y, x] · exp(−2πi (kx·x + ky·y) / n)`. Radix 2 (Cooley and Tukey). Columns are turned into rows and
 * back, since steps of a power of two would all fall on the same cache lines.
 */
export function transform({ re, im, n }: Spectrum): void {
  const cos = Float64Array.from({ length: n / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / n));
  const sin = Float64Array.from({ length: n / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / n));
  for (let pass = 0; pass < 2; pass += 1) {
    for (let row = 0; row < n; row += 1) {
      // Zeros stay zeros: of a spectrum of few frequencies most rows.
      if (!isZero(re, row * n, n) || !isZero(im, row * n, n)) transformRow(re, im, row * n, n, cos, sin);
    }
    transpose(re, n);
    transpose(im, n);
  }
}

function isZero(plane: Float64Array, start: number, n: number): boolean {
  for (let i = start; i < start + n; i += 1) if (plane[i] !== 0) return false;
  return true;
}

function transformRow(
  re: Float64Array,
  im: Float64Array,
  start: number,
  n: number,
  cos: Float64Array,
  sin: Float64Array,
): void {
  reverseBits(re, im, start, n);
  for (let half = 1; half < n; half *= 2) {
    const turn = n / (2 * half);
    for (let group = start; group < start + n; group += 2 * half) {
      for (let i = 0; i < half; i += 1) {
        const a = group + i;
        const b = a + half;
        const c = cos[i * turn]!;
        const s = sin[i * turn]!;
        const real = re[b]! * c - im[b]! * s;
        const imaginary = re[b]! * s + im[b]! * c;
        re[b] = re[a]! - real;
        im[b] = im[a]! - imaginary;
        re[a] = re[a]! + real;
        im[a] = im[a]! + imaginary;
      }
    }
  }
}

/** Puts element i where the bits of i, read backwards, point. */
function reverseBits(re: Float64Array, im: Float64Array, start: number, n: number): void {
  for (let i = 1, j = 0; i < n; i += 1) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    swap(re, start + i, start + j);
    swap(im, start + i, start + j);
  }
}

function transpose(plane: Float64Array, n: number): void {
  for (let y = 1; y < n; y += 1) for (let x = 0; x < y; x += 1) swap(plane, y * n + x, x * n + y);
}

function swap(values: Float64Array, a: number, b: number): void {
  const kept = values[a]!;
  values[a] = values[b]!;
  values[b] = kept;
}
