// The state of the page is what its controls show; everything else is computed from it.

const byId = (id) => document.getElementById(id);
const NUMBERS = ["w", "b", "h0", "T"];
const MOST = Number.MAX_VALUE;
const EXAMPLES = document.querySelectorAll("[data-example]");
let shown = null; // what is drawn now

// --- the cell ----------------------------------------------------------------------------------------------------

const within = (x) => Math.max(-MOST, Math.min(MOST, x));

// Forward in doubles, then back in logarithms: total[d] is log10 |dh_T/dh_{T-d}|, a sum with what rounding took away.
function computed({ f, w, b, h0, T }) {
  const row = ACTIVATIONS[f];
  const state = new Float64Array(T + 1), before = new Float64Array(T + 1), factor = new Float64Array(T + 1);
  const logWeight = Math.log(Math.abs(w));
  state[0] = h0;
  let full = 0;
  for (let t = 1; t <= T; t += 1) {
    before[t] = within(w * state[t - 1] + b);
    state[t] = within(row.value(before[t]));
    factor[t] = logWeight + row.log_slope(before[t]);
    full = full || (Math.abs(state[t]) === MOST ? t : 0);
  }
  const total = new Float64Array(T + 1);
  let sum = 0, rest = 0;
  for (let d = 1; d <= T; d += 1) {
    const term = factor[T - d + 1], next = sum + term;
    if (next === -Infinity) {
      total.fill(-Infinity, d);
      break;
    }
    rest += Math.abs(sum) >= Math.abs(term) ? (sum - next) + term : (term - next) + sum;
    sum = next;
    total[d] = (sum + rest) / Math.LN10;
  }
  const bound = (logWeight + Math.log(row.largest_slope)) / Math.LN10;
  const factors = factor.map((x) => x / Math.LN10);
  const firstZero = total.indexOf(-Infinity);
  return { f, w, b, h0, T, row, state, before, factors, total, bound, full, zero: firstZero };
}

// The first distance at which a format has no number for the gradient: none as small, or none as large.
function horizon(data, format) {
  for (let d = 0; d <= data.T; d += 1) {
    if (data.total[d] < format.least) {
      return { kind: d === data.zero ? "zero" : "lost", d };
    }
    if (data.total[d] > format.most) {
      return { kind: "over", d };
    }
  }
  return { kind: "kept", d: data.T };
}

// --- numbers as text ---------------------------------------------------------------------------------------------

const SIGN = "\u2212";
const plain = (x, digits = 6) => String(Number(x.toPrecision(digits))).replace("-", SIGN);

// A power of 10 as mantissa and exponent, the mantissa below 10 also when it is rounded.
function parts(log10, digits) {
  let exponent = Math.floor(log10);
  let mantissa = (10 ** (log10 - exponent)).toFixed(digits);
  if (mantissa.startsWith("10")) {
    exponent += 1;
    mantissa = (1).toFixed(digits);
  }
  return { mantissa, exponent };
}

function asHtml(log10, digits = 2) {
  if (log10 === -Infinity) {
    return "0";
  }
  if (log10 > -3 && log10 < 4) {
    return plain(10 ** log10, digits + 2);
  }
  const { mantissa, exponent } = parts(log10, digits);
  return `${mantissa} × 10<sup>${plain(exponent, 17)}</sup>`;
}

function asDecimal(log10) {
  if (log10 === -Infinity) {
    return "0";
  }
  const { mantissa, exponent } = parts(log10, 11);
  return `${mantissa}e${exponent}`;
}

const steps = (n) => (n === 1 ? "1 step" : `${n} steps`);

// --- curves ------------------------------------------------------------------------------------------------------

const SPACE = byId("gradient-plot").namespaceURI;
const EDGE = { left: 58, right: 14, top: 12, bottom: 44 }; // the left one grows with what stands there
const FEW = 60; // steps that are drawn as points

function add(parent, name, attributes = {}, text = "") {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.textContent = text;
  parent.append(made);
  return made;
}

// Steps of 1, 2 or 5 times a power of 10, whole numbers, at most so many.
function ticks(from, to, most) {
  const rough = Math.max(1, (to - from) / most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
  const found = [];
  for (let x = Math.ceil(from / step) * step; x <= to; x += step) {
    found.push(x);
  }
  return found;
}

// Places on the axis with a mantissa each: whole powers of 10, and in a short range also 2 and 5 of each.
function places(low, high, most) {
  if (high - low >= most / 3) {
    return ticks(low, high, most).map((power) => ({ log10: power, mantissa: 1, power }));
  }
  const found = [];
  for (let power = Math.floor(low); power <= high; power += 1) {
    found.push(...[1, 2, 5].map((mantissa) => ({ log10: power + Math.log10(mantissa), mantissa, power })));
  }
  return found.filter(({ log10 }) => log10 >= low && log10 <= high);
}

function tickLabel(parent, { log10, mantissa, power }, isShort, attributes) {
  if (isShort && power >= -3 && power <= 3) {
    add(parent, "text", { ...attributes, "data-log10": log10 }, plain(mantissa * 10 ** power));
    return;
  }
  const label = add(parent, "text", { ...attributes, "data-log10": log10 }, mantissa === 1 ? "10" : `${mantissa}·10`);
  add(label, "tspan", { dy: "-0.45em", "font-size": "10px" }, plain(power, 17));
}

// Draws a frame with its axes and gives the way from values to places.
function frame(svg, height, T, [low, high]) {
  const width = Math.max(240, svg.clientWidth);
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("height", height);
  const right = width - EDGE.right, bottom = height - EDGE.bottom;
  const x = (d) => EDGE.left + (right - EDGE.left) * d / T;
  const y = (log10) => bottom - (bottom - EDGE.top) * (log10 - low) / (high - low);
  const most = Math.floor((bottom - EDGE.top) / 32);
  for (const place of places(low, high, most)) {
    const at = y(place.log10);
    add(svg, "line", { class: "grid", x1: EDGE.left, x2: right, y1: at, y2: at });
    const attributes = { x: EDGE.left - 8, y: at + 5, "text-anchor": "end", class: "tick", "data-y": at };
    tickLabel(svg, place, high - low < most / 3, attributes);
  }
  for (const d of ticks(0, T, Math.floor((right - EDGE.left) / 70))) {
    add(svg, "line", { class: "axis", x1: x(d), x2: x(d), y1: bottom, y2: bottom + 5 });
    add(svg, "text", { x: x(d), y: bottom + 19, "text-anchor": "middle" }, String(d));
  }
  add(svg, "line", { class: "axis", x1: EDGE.left, x2: right, y1: bottom, y2: bottom });
  add(svg, "text", { x: (EDGE.left + right) / 2, y: height - 6, "text-anchor": "middle", class: "quiet" }, "steps back");
  const clip = add(add(svg, "clipPath", { id: `${svg.id}-inside` }), "rect");
  for (const [key, value] of Object.entries({
    x: EDGE.left, y: EDGE.top - 3, width: right - EDGE.left + 3, height: bottom - EDGE.top + 6,
  })) {
    clip.setAttribute(key, value);
  }
  const inside = add(svg, "g", { "clip-path": `url(#${svg.id}-inside)` });
  return { svg, inside, x, y, T, low, high, right, bottom };
}

// A curve with gaps where a value is 0; a value between two gaps is a point.
function curve(on, values, from, name) {
  let path = "", isDrawing = false;
  for (let d = from; d <= on.T; d += 1) {
    const place = `${on.x(d).toFixed(2)} ${on.y(values[d]).toFixed(2)}`;
    path += values[d] === -Infinity ? "" : isDrawing ? `L${place}` : `M${place}h0`;
    isDrawing = values[d] !== -Infinity;
  }
  add(on.inside, "path", { class: `curve ${name}`, d: path });
  for (let d = from; d <= on.T && on.T <= FEW; d += 1) {
    if (values[d] !== -Infinity) {
      add(on.inside, "circle", { class: `dot ${name}`, cx: on.x(d), cy: on.y(values[d]), r: 3 });
    }
  }
}

function straight(on, from, to, name) {
  if (Number.isFinite(to)) {
    add(on.inside, "path", { class: `curve ${name}`, d: `M${on.x(0)} ${on.y(from)}L${on.x(on.T)} ${on.y(to)}` });
  }
}

// Dotted lines at the least numbers of the formats; names that would overlap share a place.
function limits(on) {
  const groups = [];
  for (const { name, least } of FORMATS.filter((format) => format.least > on.low && format.least < on.high)) {
    add(on.inside, "line", { class: "limit", x1: EDGE.left, x2: on.right, y1: on.y(least), y2: on.y(least) });
    const last = groups.at(-1);
    if (last && on.y(least) - last.y < 15) {
      last.names.push(name);
    } else {
      groups.push({ y: on.y(least), names: [name] });
    }
  }
  for (const { y, names } of groups) {
    const place = { x: on.right - 2, y: y - 4, "text-anchor": "end", class: "quiet halo" };
    add(on.svg, "text", place, names.join(", "));
  }
}

// Where a gradient of exactly 0 begins there is no logarithm: a cross at the foot of the axis says so.
function zero(on, d) {
  if (d < 0) {
    return;
  }
  const x = on.x(d), y = on.bottom - 9, end = x > (EDGE.left + on.right) / 2;
  add(on.svg, "path", { class: "zero", d: `M${x - 5} ${y - 5}l10 10m0 -10l-10 10` });
  const place = { x: end ? x - 10 : x + 10, y: y + 4, "text-anchor": end ? "end" : "start", class: "halo" };
  add(on.svg, "text", place, "exactly 0 from here on");
}

function zeros(on, values) {
  let path = "";
  for (let d = 1; d <= on.T; d += 1) {
    path += values[d] === -Infinity ? `M${on.x(d).toFixed(2)} ${on.bottom}v-8` : "";
  }
  add(on.svg, "path", { class: "zero", d: path });
}

function span(values, bound) {
  let low = 0, high = 0;
  for (const value of values) {
    if (value > -Infinity) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (bound > high) { // a bound far away may leave the picture
    high = Math.min(bound, high + Math.max(1, 0.6 * (high - low)));
  } else if (Number.isFinite(bound)) {
    low = Math.min(low, Math.max(bound, low - Math.max(1, 0.6 * (high - low))));
  }
  const room = Math.max(0.04 * (high - low), 0.1);
  const middle = (high + low) / 2, half = Math.max(0.6, (high - low) / 2 + room);
  return [middle - half, middle + half];
}

function draw(data) {
  const { T, total, factors, bound } = data;
  const range = span(total, T * bound);
  EDGE.left = Math.max(58, 38 + 6.5 * Math.round(Math.max(...range.map(Math.abs))).toFixed(0).length);
  const onGradient = frame(byId("gradient-plot"), 340, T, range);
  limits(onGradient);
  straight(onGradient, 0, T * bound, "bound");
  curve(onGradient, total, 0, "gradient");
  zero(onGradient, data.zero);
  const backwards = factors.map((_, d) => factors[T - d + 1]);
  const onSlope = frame(byId("slope-plot"), 230, T, span(backwards.slice(1), bound));
  add(onSlope.inside, "line", { class: "limit", x1: EDGE.left, x2: onSlope.right, y1: onSlope.y(0), y2: onSlope.y(0) });
  straight(onSlope, bound, bound, "bound");
  curve(onSlope, backwards, 1, "slope");
  zeros(onSlope, backwards);
  shown = { data, marks: [[onGradient, total, "gradient", 0], [onSlope, backwards, "slope", 1]] };
}

// --- words -------------------------------------------------------------------------------------------------------

function fate({ kind, d }) {
  return {
    lost: `lost ${steps(d)} back`,
    over: `overflows ${steps(d)} back`,
    zero: `exactly 0 from ${steps(d)} back on`,
    kept: "kept all the way",
  }[kind];
}

function ofGradient({ total, zero, T }) {
  if (zero >= 0) {
    return `<strong>The gradient is exactly 0</strong> from ${steps(zero)} back on`;
  }
  const verb = Math.abs(total[T]) < 0.05 ? "stays near" : total[T] < 0 ? "shrinks to" : "grows to";
  const rate = T > 1 ? `, by a factor of ${asHtml(total[T] / T)} a step on average` : "";
  return `<strong>The gradient ${verb} ${asHtml(total[T])}</strong> over ${steps(T)}${rate}`;
}

function ofBound({ w, row, bound }) {
  if (w === 0) {
    return "The weight is 0, and so is each factor";
  }
  return `Each factor is ${row.attained ? "at most" : "below"} ${asHtml(bound)}`;
}

function ofFormats(data) {
  const found = [];
  const horizons = FORMATS.map(({ name, ...rest }) => ({ name, ...horizon(data, rest) }));
  for (const [kind, verb] of [["lost", "loses it"], ["over", "overflows"]]) {
    const such = horizons.filter((each) => each.kind === kind);
    const words = such.map(({ name, d }, k) => (k ? `${name} ${d}` : `${name} ${verb} ${steps(d)} back`));
    found.push(...(words.length ? [words.join(", ")] : []));
  }
  const kept = horizons.filter((each) => each.kind === "kept").map(({ name }) => name);
  if (kept.length === FORMATS.length) {
    return ["All four formats carry it"];
  }
  return kept.length ? [...found, `${kept.join(", ")} ${kept.length === 1 ? "carries" : "carry"} it all the way`] : found;
}

function summary(data) {
  const { f, w, b, h0, full } = data;
  const cell = `${f.replaceAll("_", " ")} with <i>w</i> = ${plain(w)}, <i>b</i> = ${plain(b)}, <i>h</i><sub>0</sub> = ${plain(h0)}`;
  const found = [cell, ofGradient(data), ofBound(data), ...ofFormats(data)];
  if (full) {
    found.push(`The state reaches the largest double at step ${full} and is held there`);
  }
  return `${found.join(". ")}.`;
}

function fillHorizons(data) {
  byId("horizons").tBodies[0].innerHTML = FORMATS.map((format) => {
    const found = horizon(data, format);
    const kind = found.kind === "kept" ? "kept" : "lost";
    return `<tr><th scope="row">${format.name}</th><td>${asHtml(format.least)}</td><td class="${kind}">${fate(found)}</td></tr>`;
  }).join("");
}

function reading({ T, total, factors, before, state }, d) {
  const where = `${steps(d)} back, at step ${T - d}: |∂h<sub>${T}</sub>/∂h<sub>${T - d}</sub>| = ${asHtml(total[d], 4)}`;
  if (d === 0) {
    return `${where}, where the way back begins.`;
  }
  const t = T - d + 1;
  const number = (x) => (Math.abs(x) >= 1e6 ? `${x < 0 ? SIGN : ""}${asHtml(Math.log10(Math.abs(x)))}` : plain(x));
  return `${where}. The last factor on the way, at step ${t}, is ${asHtml(factors[t], 4)}, with a = ${number(before[t])} and h = ${number(state[t])}.`;
}

function mark() {
  const d = Number(byId("distance").value);
  byId("reading").innerHTML = reading(shown.data, d);
  for (const [on, values, name, first] of shown.marks) {
    on.svg.querySelectorAll(".mark").forEach((old) => old.remove());
    add(on.svg, "line", { class: "cursor mark", x1: on.x(d), x2: on.x(d), y1: EDGE.top, y2: on.bottom });
    if (d >= first && values[d] > -Infinity) {
      add(on.svg, "circle", { class: `point mark ${name}`, cx: on.x(d), cy: on.y(values[d]), r: 5 });
    }
  }
}

// --- data to take away -------------------------------------------------------------------------------------------

const COLUMNS = ["steps_back", "step", "state", "pre_activation", "log10_factor", "log10_gradient", "gradient", "log10_bound"];

function csv(data) {
  const rows = [COLUMNS.join(",")];
  const number = (x) => (x === -Infinity ? "-inf" : String(x));
  for (let d = 0; d <= data.T; d += 1) { // at step T - d the factor is the last one on the way there, from step T - d + 1
    const k = data.T - d;
    const factor = d ? number(data.factors[k + 1]) : "";
    const inside = k ? data.before[k] : "";
    const bound = d ? number(d * data.bound) : "0";
    rows.push([d, k, data.state[k], inside, factor, number(data.total[d]), asDecimal(data.total[d]), bound].join(","));
  }
  return `${rows.join("\n")}\n`;
}

function offer(data) {
  const link = byId("csv");
  if (link.href.startsWith("blob:")) {
    URL.revokeObjectURL(link.href);
  }
  link.href = URL.createObjectURL(new Blob([csv(data)], { type: "text/csv" }));
  link.download = `vanishing-gradients-${data.f}.csv`;
}

// --- controls ----------------------------------------------------------------------------------------------------

function settings() {
  const found = { f: byId("activation").value };
  for (const name of NUMBERS) {
    found[name] = Number(byId(`${name}-number`).value);
  }
  return found;
}

const address = (found) => Object.entries(found).map(([name, value]) => `${name}=${value}`).join("&");

// Takes what an address says, as far as it makes sense.
function take(text) {
  for (const [name, value] of new URLSearchParams(text)) {
    if (name === "f" && Object.hasOwn(ACTIVATIONS, value)) {
      byId("activation").value = value;
    } else if (NUMBERS.includes(name) && value.trim() && Number.isFinite(Number(value))) {
      accept(name, Number(value));
    }
  }
}

function accept(name, value) {
  const number = byId(`${name}-number`);
  const least = number.min === "" ? -1e6 : Number(number.min), most = number.max === "" ? 1e6 : Number(number.max);
  const taken = Math.min(most, Math.max(least, number.step === "1" ? Math.round(value) : value));
  number.value = taken;
  byId(name).value = taken;
}

let waiting = 0, later = 0;

function update() {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(show);
}

function show() {
  const found = settings();
  const data = computed(found);
  const chosen = byId(`formula-${found.f}`).content.cloneNode(true);
  byId("formulas").replaceChildren(chosen);
  for (const id of ["distance", "distance-number"]) {
    byId(id).max = found.T;
  }
  accept("distance", Number(byId("distance-number").value));
  draw(data);
  mark();
  fillHorizons(data);
  clearTimeout(later); // what is read aloud, and what is large, waits until the slider rests
  later = setTimeout(() => {
    byId("summary").innerHTML = summary(data);
    offer(data);
    try {
      history.replaceState(null, "", `#${address(found)}`);
    } catch {
      // a page without an address of its own cannot change it
    }
  }, 120);
}

for (const name of [...NUMBERS, "distance"]) {
  const changed = name === "distance" ? mark : update;
  const range = byId(name), number = byId(`${name}-number`);
  range.addEventListener("input", () => {
    number.value = range.value;
    changed();
  });
  number.addEventListener("input", () => {
    if (number.value !== "" && number.checkValidity()) {
      range.value = number.value;
      changed();
    }
  });
  number.addEventListener("change", () => { // what is out of bounds, or empty, becomes what is nearest
    accept(name, number.value === "" ? Number(range.value) : Number(number.value));
    changed();
  });
}
byId("activation").addEventListener("input", update);
byId("controls").addEventListener("submit", (event) => event.preventDefault());
for (const button of EXAMPLES) {
  button.addEventListener("click", () => {
    take(button.dataset.example);
    update();
  });
}
for (const id of ["gradient-plot", "slope-plot"]) {
  byId(id).addEventListener("pointermove", (event) => {
    const [on] = shown.marks[0];
    const place = (event.clientX - event.currentTarget.getBoundingClientRect().left - EDGE.left) / (on.right - EDGE.left);
    accept("distance", place * on.T);
    mark();
  });
}
addEventListener("hashchange", () => {
  take(location.hash.slice(1));
  update();
});
new ResizeObserver(() => shown && update()).observe(document.querySelector("main"));
take(location.hash.slice(1));
show();
