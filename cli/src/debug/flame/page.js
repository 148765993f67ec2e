// Frames are laid out by their shares: going into one stretches its share over the whole width.
const svg = document.querySelector('svg');
const edge = 10, letter = 7.25;
const inner = svg.viewBox.baseVal.width - 2 * edge;
const frames = [...svg.querySelectorAll('.frame')].map(element => {
  const tip = element.querySelector('title').textContent;
  return {
    element, name: tip.slice(0, tip.lastIndexOf('\n')),
    left: +element.dataset.left, share: +element.dataset.share, row: +element.dataset.row,
    box: element.querySelector('rect'), text: element.querySelector('text'),
  };
});
// The positions are rounded: neighbours overlap by less than this.
const little = 2e-6;
const input = document.querySelector('input'), output = document.querySelector('output');

function fit(name, width) {
  const letters = Math.floor((width - 6) / letter);
  if (name.length <= letters) return name;
  return letters < 3 ? '' : name.slice(0, letters - 1) + '…';
}

function show(into) {
  for (const frame of frames) {
    const right = frame.left + frame.share;
    const inside = frame.left >= into.left - little && right <= into.left + into.share + little;
    const around = frame.row < into.row && frame.left <= into.left + little && right >= into.left + into.share - little;
    frame.element.style.display = around || inside && frame.row >= into.row ? '' : 'none';
    frame.element.classList.toggle('around', around);
    const x = around ? edge : edge + (frame.left - into.left) / into.share * inner;
    const width = around ? inner : frame.share / into.share * inner;
    frame.box.setAttribute('x', x);
    frame.box.setAttribute('width', width);
    frame.text.setAttribute('x', x + 4);
    frame.text.textContent = fit(frame.name, width);
  }
}

function search() {
  const wanted = input.value.toLowerCase();
  // What is called by a frame that was found is not counted again: rows come in order.
  const counted = [];
  let share = 0;
  for (const frame of frames) {
    const found = wanted !== '' && frame.row > 0 && frame.name.toLowerCase().includes(wanted);
    frame.element.classList.toggle('found', found);
    if (found && !counted.some(c => frame.left >= c.left - little && frame.left + frame.share <= c.left + c.share + little)) {
      counted.push(frame);
      share += frame.share;
    }
  }
  output.textContent = wanted === '' ? '' : `${(100 * share).toFixed(2)} % of all`;
}

for (const frame of frames) {
  frame.element.tabIndex = 0;
  frame.element.addEventListener('click', () => show(frame));
  frame.element.addEventListener('keydown', event => { if (event.key === 'Enter') show(frame); });
}
input.addEventListener('input', search);
document.querySelector('form').addEventListener('submit', event => event.preventDefault());
document.querySelector('form').addEventListener('reset', () => setTimeout(() => { search(); show(frames[0]); }));
document.addEventListener('keydown', event => { if (event.key === 'Escape') document.querySelector('form').reset(); });
