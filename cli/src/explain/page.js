"use strict";
for (const section of document.querySelectorAll("section")) {
  const wasm = [...section.querySelectorAll("[data-step]")];
  const code = [...section.querySelectorAll("[data-steps]")];
  const panel = section.querySelector(".panel");
  const byStep = new Map(wasm.map((row) => [row.dataset.step, row]));
  const steps = (row) => (row.dataset.step ? [row.dataset.step] : row.dataset.steps.split(" "));
  let chosen = null;

  /* The rows on the other side that are tied to one. */
  const tied = (row) =>
    row.dataset.step
      ? code.filter((other) => steps(other).includes(row.dataset.step))
      : steps(row).map((step) => byStep.get(step)).filter(Boolean);

  /* What a wasm row says; for bytecode what each of its steps says, in the order of the code. */
  const show = (row) => {
    const sources = row.dataset.step ? [row] : tied(row).sort((a, b) => a.dataset.step - b.dataset.step);
    panel.replaceChildren();
    for (const source of sources) {
      const part = document.createElement("div");
      part.className = "part";
      const head = document.createElement("p");
      head.className = "head";
      head.textContent = source.querySelector("code").textContent;
      part.append(head);
      if (row.dataset.step) {
        for (const other of tied(row)) {
          const becomes = document.createElement("p");
          becomes.className = "becomes";
          becomes.textContent = other.querySelector("code").textContent;
          part.append(becomes);
        }
      }
      for (const child of source.querySelector(".more").children) part.append(child.cloneNode(true));
      panel.append(part);
    }
  };

  const mark = (row) => {
    for (const other of [...wasm, ...code]) other.classList.remove("tied", "chosen");
    if (!row) return;
    row.classList.add("chosen");
    for (const other of tied(row)) other.classList.add("tied");
    show(row);
  };

  for (const row of [...wasm, ...code]) {
    row.addEventListener("mouseenter", () => mark(row));
    row.addEventListener("click", () => {
      chosen = chosen === row ? null : row;
      mark(row);
      row.focus({ preventScroll: true });
    });
    row.addEventListener("keydown", (event) => {
      const rows = row.dataset.step ? wasm : code;
      const next = rows[rows.indexOf(row) + { ArrowDown: 1, ArrowUp: -1 }[event.key]];
      if (!next) return;
      event.preventDefault();
      chosen = next;
      mark(next);
      next.focus();
    });
  }
  section.addEventListener("mouseleave", () => chosen && mark(chosen));

  /* The first instruction that emitted code is a good one to begin with. */
  const emitting = code.map((row) => steps(row)[0]).find((step) => step !== "0");
  const first = byStep.get(emitting) || wasm[0];
  if (first) {
    chosen = first;
    mark(first);
  }
}
