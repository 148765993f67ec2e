// ledger: a small bytecode machine with objects on a free-list heap. Its script counts how long the Collatz sequences of
// 1..N are, N being the argument, in a table that it prints at the end. It has one bug, of a common kind: joining two
// strings forgets the room for the terminator, whose zero then lands in whatever lies behind. Most blocks have padding
// there. One has not: long before the end, the table's first word is damaged, and only the last instruction trips over it.
#include <stdint.h>
#include <string.h>
#include <unistd.h>

typedef struct Object Object;

// What all objects of a kind do.
typedef struct {
  const char *name;
  void (*print)(const Object *);
} Class;

struct Object {
  const Class *class;
  uint32_t length;
  union {
    char text[1];       // Strings: with a zero after it.
    uint32_t counts[1]; // Tables.
    Object *next;       // Free blocks.
  };
};

typedef enum { NUMBER, OBJECT } Kind;

typedef struct {
  Kind kind;
  union {
    int32_t number;
    Object *object;
  };
} Value;

enum { HEADER = 8, SMALLEST = 8, CLASSES = 16, HEAP = 4096, VARIABLES = 6, DEPTH = 8 };

// A heap of blocks in sizes of 8, 16, 24…; free ones wait in lists.
typedef struct {
  _Alignas(8) char bytes[HEAP];
  uint32_t used;
  Object *free[CLASSES];
} Heap;

typedef enum {
  PUSH, LOAD, STORE, DROP, ADD, MULTIPLY, HALVE, ODD, LESS, STRING, JOIN, TABLE, COUNT, PRINT, JUMP, JUMP_UNLESS, HALT
} Opcode;

typedef struct {
  Opcode opcode;
  int32_t operand;
} Instruction;

typedef struct {
  const Instruction *code;
  const char *const *strings;
  Heap heap;
  Value variables[VARIABLES];
  Value stack[DEPTH];
  uint32_t pc, depth;
  double load; // How full the heap is.
} Machine;

static Machine machine;

static void out(const char *text, size_t length) { write(1, text, length); }

static void print_string(const Object *string) { out(string->text, string->length); }

static void print_number(uint32_t number) {
  char digits[10];
  int at = sizeof digits;
  do {
    digits[--at] = '0' + number % 10;
    number /= 10;
  } while (number);
  out(digits + at, sizeof digits - at);
}

static void print_table(const Object *table) {
  for (uint32_t i = 0; i < table->length; i++) {
    out(i ? " " : "[", 1);
    print_number(table->counts[i]);
  }
  out("]\n", 2);
}

static const Class string_class = {"string", print_string};
static const Class table_class = {"table", print_table};

static uint32_t size_class(uint32_t size) { return size <= SMALLEST ? 0 : (size - 1) / SMALLEST; }

static Object *allocate(Heap *heap, const Class *class, uint32_t length, uint32_t size) {
  uint32_t list = size_class(size);
  if (list >= CLASSES) __builtin_trap();
  Object *object = heap->free[list];
  if (object) {
    heap->free[list] = object->next;
  } else {
    uint32_t room = HEADER + (list + 1) * SMALLEST;
    if (room > HEAP - heap->used) __builtin_trap();
    object = (Object *)(heap->bytes + heap->used);
    heap->used += room;
  }
  object->class = class;
  object->length = length;
  return object;
}

static void release(Heap *heap, Object *object) {
  uint32_t size = object->class == &table_class ? object->length * sizeof(uint32_t) : object->length;
  uint32_t list = size_class(size);
  object->next = heap->free[list];
  heap->free[list] = object;
}

static Object *new_string(Heap *heap, const char *text) {
  uint32_t length = strlen(text);
  Object *string = allocate(heap, &string_class, length, length + 1);
  memcpy(string->text, text, length + 1);
  return string;
}

static Object *new_table(Heap *heap, uint32_t length) {
  Object *table = allocate(heap, &table_class, length, length * sizeof(uint32_t));
  memset(table->counts, 0, length * sizeof(uint32_t));
  return table;
}

static Object *join(Heap *heap, const Object *a, const Object *b) {
  uint32_t length = a->length + b->length;
  Object *joined = allocate(heap, &string_class, length, length); // The bug: should be length + 1.
  memcpy(joined->text, a->text, a->length);
  memcpy(joined->text + a->length, b->text, b->length);
  joined->text[length] = 0;
  return joined;
}

static void push(Machine *m, Value value) {
  if (m->depth == DEPTH) __builtin_trap();
  m->stack[m->depth++] = value;
}

static Value pop(Machine *m) {
  if (m->depth == 0) __builtin_trap();
  return m->stack[--m->depth];
}

static void push_number(Machine *m, int32_t number) { push(m, (Value){.kind = NUMBER, .number = number}); }

static void push_object(Machine *m, Object *object) { push(m, (Value){.kind = OBJECT, .object = object}); }

// Executes one instruction; gives whether there are more.
static int step(Machine *m) {
  Instruction i = m->code[m->pc++];
  switch (i.opcode) {
  case PUSH: push_number(m, i.operand); break;
  case LOAD: push(m, m->variables[i.operand]); break;
  case STORE: m->variables[i.operand] = pop(m); break;
  case DROP: {
    Value value = pop(m);
    if (value.kind == OBJECT) release(&m->heap, value.object);
    break;
  }
  case ADD: push_number(m, pop(m).number + pop(m).number); break;
  case MULTIPLY: push_number(m, pop(m).number * pop(m).number); break;
  case HALVE: push_number(m, (uint32_t)pop(m).number / 2); break;
  case ODD: push_number(m, pop(m).number & 1); break;
  case LESS: {
    int32_t right = pop(m).number, left = pop(m).number;
    push_number(m, left < right);
    break;
  }
  case STRING: push_object(m, new_string(&m->heap, m->strings[i.operand])); break;
  case JOIN: {
    Object *right = pop(m).object, *left = pop(m).object;
    push_object(m, join(&m->heap, left, right));
    break;
  }
  case TABLE: push_object(m, new_table(&m->heap, i.operand)); break;
  case COUNT: {
    uint32_t at = pop(m).number;
    Object *table = pop(m).object;
    table->counts[at % table->length]++;
    break;
  }
  case PRINT: {
    const Object *object = pop(m).object;
    object->class->print(object);
    break;
  }
  case JUMP: m->pc = i.operand; break;
  case JUMP_UNLESS:
    if (!pop(m).number) m->pc = i.operand;
    break;
  case HALT: return 0;
  }
  m->load = (double)m->heap.used / HEAP;
  return 1;
}

static const char *const strings[] = {"warm-up", "Collatz", ":"};

// The variables.
enum { HISTOGRAM, TITLE, N, START, NOW, STEPS };

static const Instruction script[] = {
    // 0: a string, and a table behind it
    {STRING, 0}, {TABLE, 12}, {STORE, HISTOGRAM}, {STORE, TITLE},
    // 4: another string in place of the first
    {STRING, 1}, {STRING, 2}, {LOAD, TITLE}, {DROP, 0}, {JOIN, 0}, {STORE, TITLE},
    // 10
    {PUSH, 1}, {STORE, START},
    // 12: for each start
    {LOAD, START}, {LOAD, N}, {LESS, 0}, {JUMP_UNLESS, 50},
    // 16
    {LOAD, START}, {STORE, NOW}, {PUSH, 0}, {STORE, STEPS},
    // 20: until its sequence is at 1
    {PUSH, 1}, {LOAD, NOW}, {LESS, 0}, {JUMP_UNLESS, 42},
    // 24
    {LOAD, STEPS}, {PUSH, 1}, {ADD, 0}, {STORE, STEPS},
    // 28
    {LOAD, NOW}, {ODD, 0}, {JUMP_UNLESS, 38},
    // 31
    {LOAD, NOW}, {PUSH, 3}, {MULTIPLY, 0}, {PUSH, 1}, {ADD, 0}, {STORE, NOW}, {JUMP, 20},
    // 38
    {LOAD, NOW}, {HALVE, 0}, {STORE, NOW}, {JUMP, 20},
    // 42: its length
    {LOAD, HISTOGRAM}, {LOAD, STEPS}, {COUNT, 0},
    // 45
    {LOAD, START}, {PUSH, 1}, {ADD, 0}, {STORE, START}, {JUMP, 12},
    // 50
    {LOAD, TITLE}, {PRINT, 0}, {LOAD, HISTOGRAM}, {PRINT, 0}, {HALT, 0},
};

int main(int argc, char **argv) {
  int32_t n = 0;
  for (const char *digit = argc > 1 ? argv[1] : "1000"; *digit; digit++) n = 10 * n + (*digit - '0');
  machine.code = script;
  machine.strings = strings;
  machine.variables[N] = (Value){.kind = NUMBER, .number = n + 1};
  while (step(&machine)) {
  }
  return 0;
}
