// A picture of bytes, 256 x 256, blurred n times: each is the mean of itself and its neighbours, weighted 1 2 1.
#include <wasm_simd128.h>
typedef unsigned char byte;
typedef unsigned short word;
enum { SIZE = 256, ROW = SIZE + 16 };
// A border of a row above and below, and of eight bytes on either side.
static byte from[SIZE + 2][ROW], to[SIZE + 2][ROW];

static v128_t weigh(v128_t a, v128_t b, v128_t c) {
  return wasm_i16x8_add(wasm_i16x8_add(a, c), wasm_i16x8_shl(b, 1));
}

static void blur(byte a[][ROW], byte b[][ROW]) {
  word sums[ROW];
  for (int y = 1; y <= SIZE; y++) {
    for (int x = 0; x < ROW; x += 16) {
      v128_t above = wasm_v128_load(&a[y - 1][x]), here = wasm_v128_load(&a[y][x]), below = wasm_v128_load(&a[y + 1][x]);
      wasm_v128_store(sums + x, weigh(wasm_u16x8_extend_low_u8x16(above), wasm_u16x8_extend_low_u8x16(here),
                                      wasm_u16x8_extend_low_u8x16(below)));
      wasm_v128_store(sums + x + 8, weigh(wasm_u16x8_extend_high_u8x16(above), wasm_u16x8_extend_high_u8x16(here),
                                          wasm_u16x8_extend_high_u8x16(below)));
    }
    for (int x = 8; x < SIZE + 8; x += 16) {
      v128_t half = wasm_i16x8_splat(8);
      v128_t low = weigh(wasm_v128_load(sums + x - 1), wasm_v128_load(sums + x), wasm_v128_load(sums + x + 1));
      v128_t high = weigh(wasm_v128_load(sums + x + 7), wasm_v128_load(sums + x + 8), wasm_v128_load(sums + x + 9));
      low = wasm_u16x8_shr(wasm_i16x8_add(low, half), 4);
      high = wasm_u16x8_shr(wasm_i16x8_add(high, half), 4);
      wasm_v128_store(&b[y][x], wasm_u8x16_narrow_i16x8(low, high));
    }
  }
}

long long run(int n) {
  for (int y = 1; y <= SIZE; y++)
    for (int x = 8; x < SIZE + 8; x++) from[y][x] = (x * x + y * 7) ^ (y * y >> 3);
  for (int round = 0; round < n; round++) {
    blur(from, to);
    blur(to, from);
  }
  long long sum = 0;
  for (int y = 1; y <= SIZE; y++)
    for (int x = 8; x < SIZE + 8; x++) sum = sum * 31 + from[y][x];
  return sum;
}
