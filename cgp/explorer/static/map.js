// The genome map: a scatter in plain WebGL 2, labels on a second canvas, picking by a grid of cells.
const box = document.getElementById("map");
const canvas = document.getElementById("points");
const labels = document.getElementById("labels");
const tip = document.getElementById("tip");
const state = document.getElementById("map-state");
const picked = document.getElementById("picked");
const CELLS = 256;
const MOST_PICKED = 300;
const HUES = 12;
// Points that a frame draws: at first, and at least. Times in milliseconds: a longer frame makes the
// share smaller, a shorter one larger; after a pause the time since the last frame tells nothing.
const FIRST_SHARE = 12_000;
const LEAST_SHARE = 1_500;
const LONG_FRAME = 40;
const SHORT_FRAME = 22;
const PAUSE = 2_000;

const vertex = `#version 300 es
in vec2 place; in float size; in float cluster; in float chosen;
uniform vec2 centre; uniform vec2 zoom; uniform float ratio; uniform float dark; uniform float base;
out vec4 colour;
vec3 hue(float h) { vec3 k = mod(vec3(5., 3., 1.) + h * 6., 6.); return 1. - clamp(min(k, 4. - k), 0., 1.); }
void main() {
  gl_Position = vec4((place - centre) * zoom, 0., 1.);
  gl_PointSize = ratio * clamp(base + 2.2 * log2(1. + size), 2.5, 18.) * (chosen > .5 ? 1.7 : 1.);
  vec3 ink = hue(fract(cluster / ${HUES}. + .47));
  ink = dark > .5 ? mix(ink, vec3(1.), .35) : ink * .72;
  colour = vec4(ink, chosen > .5 ? 1. : .72);
}`;
const fragment = `#version 300 es
precision mediump float; in vec4 colour; out vec4 pixel;
void main() {
  float far = length(gl_PointCoord - .5);
  float edge = 1. - smoothstep(.42, .5, far);
  pixel = vec4(colour.rgb, colour.a) * edge;
}`;

function compiled(gl, kind, text) {
  const shader = gl.createShader(kind);
  gl.shaderSource(shader, text);
  gl.compileShader(shader);
  if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
  return shader;
}

function programOf(gl) {
  const program = gl.createProgram();
  gl.attachShader(program, compiled(gl, gl.VERTEX_SHADER, vertex));
  gl.attachShader(program, compiled(gl, gl.FRAGMENT_SHADER, fragment));
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  return program;
}

class Points {
  constructor(buffer) {
    this.count = new DataView(buffer).getUint32(0, true);
    this.rows = new Float32Array(buffer.slice(4, 4 + 12 * this.count));
    this.clusters = new Float32Array(new Uint8Array(buffer, 4 + 12 * this.count, this.count));
    this.grid = this.#cells();
  }
  x(n) { return this.rows[3 * n]; }
  y(n) { return this.rows[3 * n + 1]; }
  static cell(value) { return Math.min(CELLS - 1, Math.max(0, Math.floor(((value + 1) / 2) * CELLS))); }
  // Counting sort of the points by cell: `order` has the points, `starts` where each cell begins.
  #cells() {
    const starts = new Uint32Array(CELLS * CELLS + 1);
    const cells = new Uint32Array(this.count);
    for (let n = 0; n < this.count; n++) {
      cells[n] = Points.cell(this.y(n)) * CELLS + Points.cell(this.x(n));
      starts[cells[n] + 1]++;
    }
    for (let c = 0; c < CELLS * CELLS; c++) starts[c + 1] += starts[c];
    const next = starts.slice();
    const order = new Uint32Array(this.count);
    for (let n = 0; n < this.count; n++) order[next[cells[n]]++] = n;
    return { starts, order };
  }
  nearest(x, y, radiusX, radiusY) {
    let best = -1;
    let least = 1;
    for (let row = Points.cell(y - radiusY); row <= Points.cell(y + radiusY); row++)
      for (let column = Points.cell(x - radiusX); column <= Points.cell(x + radiusX); column++) {
        const cell = row * CELLS + column;
        for (let at = this.grid.starts[cell]; at < this.grid.starts[cell + 1]; at++) {
          const n = this.grid.order[at];
          const far = ((this.x(n) - x) / radiusX) ** 2 + ((this.y(n) - y) / radiusY) ** 2;
          if (far < least) { least = far; best = n; }
        }
      }
    return best;
  }
}

class View {
  constructor() { this.reset(); }
  reset() { this.x = 0; this.y = 0; this.scale = 0.92; }
  zoom() {
    return [this.scale, this.scale];
  }
  toMap(px, py) {
    const [zx, zy] = this.zoom();
    return [this.x + ((2 * px) / box.clientWidth - 1) / zx, this.y + (1 - (2 * py) / box.clientHeight) / zy];
  }
  toScreen(x, y) {
    const [zx, zy] = this.zoom();
    return [((x - this.x) * zx + 1) * 0.5 * box.clientWidth, (1 - (y - this.y) * zy) * 0.5 * box.clientHeight];
  }
  move(px, py) {
    const [zx, zy] = this.zoom();
    this.x = Math.min(1.2, Math.max(-1.2, this.x - (2 * px) / box.clientWidth / zx));
    this.y = Math.min(1.2, Math.max(-1.2, this.y + (2 * py) / box.clientHeight / zy));
  }
  grow(factor, px = box.clientWidth / 2, py = box.clientHeight / 2) {
    const [x, y] = this.toMap(px, py);
    this.scale = Math.min(60, Math.max(0.6, this.scale * factor));
    const [nx, ny] = this.toMap(px, py);
    this.x += x - nx;
    this.y += y - ny;
  }
}

// Frames a second while the map moves; a pause of a quarter of a second ends a movement.
class Rate {
  constructor(place) { this.place = place; this.times = []; }
  frame() {
    const now = performance.now();
    if (this.times.length && now - this.times.at(-1) > 250) this.times = [];
    this.times.push(now);
    if (this.times.length > 60) this.times.shift();
    if (this.times.length < 10) return;
    const spans = this.times.slice(1).map((time, n) => time - this.times[n]);
    const rate = (1000 * spans.length) / (now - this.times[0]);
    this.place.textContent = `${rate.toFixed(0)} ${this.place.dataset.label}`;
    this.place.dataset.longest = Math.max(Number(this.place.dataset.longest ?? 0), ...spans).toFixed(1);
  }
}

function start(points, names) {
  const gl = canvas.getContext("webgl2", { antialias: false, alpha: true, premultipliedAlpha: true, preserveDrawingBuffer: true });
  if (!gl) throw new Error("no WebGL 2");
  const program = programOf(gl);
  const view = new View();
  const chosen = new Float32Array(points.count);
  const attribute = (name, size, data, usage, stride = 0, offset = 0) => {
    const buffer = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, usage);
    const place = gl.getAttribLocation(program, name);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, size, gl.FLOAT, false, stride, offset);
    return buffer;
  };
  gl.bindVertexArray(gl.createVertexArray());
  attribute("place", 2, points.rows, gl.STATIC_DRAW, 12, 0);
  attribute("size", 1, points.rows, gl.STATIC_DRAW, 12, 8);
  attribute("cluster", 1, points.clusters, gl.STATIC_DRAW);
  const chosenBuffer = attribute("chosen", 1, chosen, gl.DYNAMIC_DRAW);
  const uniform = (name) => gl.getUniformLocation(program, name);
  const uniforms = { centre: uniform("centre"), zoom: uniform("zoom"), ratio: uniform("ratio"), dark: uniform("dark"), base: uniform("base") };
  // Few points are drawn larger: a map of hundreds should not look empty.
  const base = Math.max(1.2, 10 - 1.7 * Math.log10(Math.max(1, points.count)) * 1.15);
  const rate = new Rate(document.getElementById("map-rate"));
  const button = document.getElementById("lasso");
  let lasso = null;
  let waiting = false;

  // A view is drawn over several frames, the most frequent tags first, so that no frame is long: where
  // the processor draws, 100,000 points take a second. What moves shows its first points at once.
  let drawn = 0;
  let share = FIRST_SHARE;
  let last = 0;

  function draw(now) {
    waiting = false;
    const span = now - last;
    last = now;
    if (span > LONG_FRAME && span < PAUSE) share = Math.max(LEAST_SHARE, share * 0.6);
    else if (span < SHORT_FRAME) share = Math.min(points.count, share * 1.3);
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const style = getComputedStyle(document.documentElement);
    if (drawn === 0) begin(ratio, style);
    const count = Math.min(Math.ceil(share), points.count - drawn);
    gl.drawArrays(gl.POINTS, drawn, count);
    drawn += count;
    box.dataset.frames = String(Number(box.dataset.frames ?? 0) + 1);
    box.dataset.whole = String(drawn === points.count);
    rate.frame();
    if (drawn < points.count) again();
  }

  function begin(ratio, style) {
    for (const one of [canvas, labels]) {
      const width = Math.round(box.clientWidth * ratio);
      const height = Math.round(box.clientHeight * ratio);
      if (one.width !== width || one.height !== height) { one.width = width; one.height = height; }
    }
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.useProgram(program);
    gl.uniform2f(uniforms.centre, view.x, view.y);
    gl.uniform2f(uniforms.zoom, ...view.zoom());
    gl.uniform1f(uniforms.ratio, ratio);
    gl.uniform1f(uniforms.base, base);
    gl.uniform1f(uniforms.dark, style.colorScheme === "dark" ? 1 : 0);
    drawLabels(ratio, style);
  }

  function drawLabels(ratio, style) {
    const pen = labels.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, box.clientWidth, box.clientHeight);
    pen.font = "600 13px system-ui, 'Noto Sans', sans-serif";
    pen.textAlign = "center";
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeStyle = style.getPropertyValue("--panel");
    pen.fillStyle = style.getPropertyValue("--ink");
    const taken = [];
    for (const cluster of names.clusters) {
      if (!cluster.name) continue;
      const [place, y] = view.toScreen(cluster.x, cluster.y);
      const half = pen.measureText(cluster.name).width / 2 + 6;
      // A name near the edge is moved inwards; that of a cluster out of sight is not drawn.
      if (place < 0 || place > box.clientWidth || y < 0 || y > box.clientHeight) continue;
      const x = Math.min(Math.max(place, half), box.clientWidth - half);
      const room = [x - half, y - 11, x + half, y + 11];
      if (taken.some((t) => room[0] < t[2] && room[2] > t[0] && room[1] < t[3] && room[3] > t[1])) continue;
      taken.push(room);
      pen.strokeText(cluster.name, x, y + 4);
      pen.fillText(cluster.name, x, y + 4);
    }
    if (!lasso) return;
    pen.strokeStyle = style.getPropertyValue("--signal");
    pen.lineWidth = 2;
    pen.beginPath();
    lasso.forEach(([x, y], n) => (n ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.stroke();
  }

  const again = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(draw);
  };
  const redraw = () => {
    drawn = 0;
    again();
  };

  function near(event) {
    const place = box.getBoundingClientRect();
    const px = event.clientX - place.left;
    const py = event.clientY - place.top;
    const [x, y] = view.toMap(px, py);
    const [x2, y2] = view.toMap(px + 12, py + 12);
    return points.nearest(x, y, Math.abs(x2 - x), Math.abs(y2 - y));
  }

  function showTip(event) {
    const n = near(event);
    tip.hidden = n < 0;
    canvas.style.cursor = n < 0 ? "grab" : "pointer";
    if (n < 0) return;
    tip.textContent = `${names.tags[n]} · ${points.rows[3 * n + 2]}`;
    const [x, y] = view.toScreen(points.x(n), points.y(n));
    tip.style.left = `${Math.min(x + 12, box.clientWidth - 180)}px`;
    tip.style.top = `${Math.min(y + 12, box.clientHeight - 40)}px`;
  }

  const search = (n) => { location.href = `/search?q=${encodeURIComponent(names.tags[n])}`; };

  function choose(indices) {
    chosen.fill(0);
    for (const n of indices) chosen[n] = 1;
    gl.bindBuffer(gl.ARRAY_BUFFER, chosenBuffer);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, chosen);
    picked.hidden = !indices.length;
    document.getElementById("picked-count").textContent = indices.length.toLocaleString("en");
    const chips = indices.slice(0, MOST_PICKED).map((n) => {
      const chip = document.createElement("a");
      chip.className = "chip";
      chip.dir = "auto";
      chip.href = `/tag/${names.tags[n].split("/").map(encodeURIComponent).join("/")}`;
      chip.textContent = names.tags[n];
      return chip;
    });
    document.getElementById("picked-tags").replaceChildren(...chips);
    redraw();
  }

  function inside(x, y, corners) {
    let within = false;
    for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
      const [xi, yi] = corners[i];
      const [xj, yj] = corners[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) within = !within;
    }
    return within;
  }

  function endLasso() {
    button.setAttribute("aria-pressed", "false");
    const corners = lasso.map(([px, py]) => view.toMap(px, py));
    lasso = null;
    const found = [];
    if (corners.length > 2)
      for (let n = 0; n < points.count; n++) if (inside(points.x(n), points.y(n), corners)) found.push(n);
    found.sort((a, b) => points.rows[3 * b + 2] - points.rows[3 * a + 2]);
    choose(found);
  }

  // A finger has no Shift: the button says that the next drag selects.
  const selecting = () => button.getAttribute("aria-pressed") === "true";
  button.addEventListener("click", () => button.setAttribute("aria-pressed", String(!selecting())));

  // Pointers: one drags (or draws a lasso with Shift), two pinch.
  const pointers = new Map();
  let moved = 0;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
    moved = 0;
    if (event.shiftKey || selecting()) lasso = [[event.offsetX, event.offsetY]];
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) { showTip(event); return; }
    const now = [event.offsetX, event.offsetY];
    moved += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
    if (lasso) lasso.push(now);
    else if (pointers.size === 1) view.move(now[0] - before[0], now[1] - before[1]);
    else {
      const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
      const apart = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
      view.grow(apart(now) / apart(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    }
    pointers.set(event.pointerId, now);
    tip.hidden = true;
    redraw();
  });
  const release = (event) => {
    if (!pointers.delete(event.pointerId)) return;
    if (lasso) endLasso();
    else if (moved < 4 && event.type === "pointerup") {
      const n = near(event);
      if (n >= 0) search(n);
    }
    redraw();
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    view.grow(Math.exp(-event.deltaY * 0.0015), event.offsetX, event.offsetY);
    redraw();
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const step = 40;
    const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (moves[event.key]) view.move(...moves[event.key]);
    else if (event.key === "+" || event.key === "=") view.grow(1.3);
    else if (event.key === "-") view.grow(1 / 1.3);
    else if (event.key === "0") view.reset();
    else return;
    event.preventDefault();
    redraw();
  });
  document.getElementById("picked-clear").addEventListener("click", () => choose([]));
  new ResizeObserver(redraw).observe(box);
  redraw();
}

try {
  const [buffer, names] = await Promise.all([
    fetch("/map/points").then((answer) => answer.arrayBuffer()),
    fetch("/map/tags").then((answer) => answer.json()),
  ]);
  start(new Points(buffer), names);
  state.hidden = true;
} catch (error) {
  state.textContent = box.dataset.nowebgl;
  canvas.hidden = true;
}
