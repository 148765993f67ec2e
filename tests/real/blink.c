// Compiled by GCC for AVR, which itself runs as a WASI program.
typedef unsigned char u8;
typedef unsigned int u16;
#define PORTB (*(volatile u8 *)0x25)
#define DDRB (*(volatile u8 *)0x24)

static u16 crc(u16 crc, u8 byte) {
  crc ^= byte;
  for (u8 i = 0; i < 8; i++) crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
  return crc;
}

static const u8 table[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9};
long weights[4] = {1000003, -7, 65537, 1};

static long mix(const long *w, u8 n) {
  long sum = 0;
  for (u8 i = 0; i < 4; i++) sum = sum * 31 + w[i] / (n + 1) % 1009;
  return sum;
}

int main(void) {
  u16 c = 0xffff;
  DDRB = 0x20;
  for (;;) {
    for (u8 i = 0; i < sizeof table; i++) {
      c = crc(c, table[i]);
      PORTB = (u8)(c ^ mix(weights, table[i]));
      switch (c & 7) {
        case 0: PORTB |= 1; break;
        case 1: PORTB &= ~2; break;
        case 2: PORTB ^= 4; break;
        case 3: weights[1] += c / 3; break;
        case 5: weights[2] = -weights[2]; break;
      }
    }
  }
}
