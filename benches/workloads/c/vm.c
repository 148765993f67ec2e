// An interpreter in the interpreter: a register machine with a switch, its loop running 100,000 times n.
enum op { LOAD_IMM, ADD, SUB, MUL, BRANCH, AND, XOR, SHIFT, READ, WRITE, HALT };
struct insn {
  unsigned char op, a, b, c;
  int imm;
};
static int memory[256];

__attribute__((noinline)) static int interpret(const struct insn *program, int *r) {
  for (int pc = 0;;) {
    const struct insn *i = &program[pc++];
    switch (i->op) {
      case LOAD_IMM: r[i->a] = i->imm; break;
      case ADD: r[i->a] = (int)((unsigned)r[i->b] + (unsigned)r[i->c]); break;
      case SUB: r[i->a] = (int)((unsigned)r[i->b] - (unsigned)r[i->c]); break;
      case MUL: r[i->a] = (int)((unsigned)r[i->b] * (unsigned)r[i->c]); break;
      case BRANCH:
        if (r[i->a]) pc = i->imm;
        break;
      case AND: r[i->a] = r[i->b] & r[i->c]; break;
      case XOR: r[i->a] = r[i->b] ^ r[i->c]; break;
      case SHIFT: r[i->a] = (int)((unsigned)r[i->b] >> i->imm); break;
      case READ: r[i->a] = memory[r[i->b] & 255]; break;
      case WRITE: memory[r[i->b] & 255] = r[i->a]; break;
      case HALT: return r[0];
    }
  }
}

static const struct insn program[] = {
    {LOAD_IMM, 0, 0, 0, 0}, {LOAD_IMM, 1, 0, 0, 100000}, {LOAD_IMM, 2, 0, 0, 1}, {LOAD_IMM, 3, 0, 0, 12345},
    {MUL, 4, 3, 1, 0},      {XOR, 0, 0, 4, 0},           {SHIFT, 5, 4, 0, 5},    {ADD, 0, 0, 5, 0},
    {WRITE, 0, 1, 0, 0},    {READ, 6, 4, 0, 0},          {AND, 6, 6, 3, 0},      {ADD, 0, 0, 6, 0},
    {SUB, 1, 1, 2, 0},      {BRANCH, 1, 0, 0, 4},        {HALT, 0, 0, 0, 0},
};

long long run(int n) {
  long long sum = 0;
  for (int round = 0; round < n; round++) {
    int registers[16] = {0};
    for (int i = 0; i < 256; i++) memory[i] = 0;
    sum += interpret(program, registers);
  }
  return sum;
}
