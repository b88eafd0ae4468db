// The genome map: a scatter of all tags that is moved, zoomed, searched, and selected from.
import { Labels } from "./map_labels.js";
import { colours, painterFor } from "./map_painters.js";
import { Points, View } from "./map_points.js";
import { number } from "./numbers.js";

const box = document.getElementById("map");
const canvas = document.getElementById("points");
const tip = document.getElementById("tip");
const state = document.getElementById("map-state");
const picked = document.getElementById("picked");
const button = document.getElementById("lasso");
const MOST_PICKED = 300;
// Times in milliseconds. A frame of the pixel painter draws until its budget is spent; for a graphics
// card the number of points that a frame draws follows the time between frames.
const BUDGET = 9;
const PORTION = 4_000;
const FIRST_SHARE = 8_000;
const LEAST_SHARE = 1_500;
const LONG_FRAME = 30;
const SHORT_FRAME = 20;
const PAUSE = 250;
// Without a movement for so long the map rests, and names its tags.
const REST = 180;

// Frames a second while the map moves; a pause ends a movement.
class Rate {
  constructor(place) { this.place = place; this.times = []; }
  frame(now) {
    if (this.times.length && now - this.times.at(-1) > PAUSE) this.times = [];
    this.times.push(now);
    if (this.times.length > 60) this.times.shift();
    if (this.times.length < 10 || this.times.length % 10) return;
    const rate = (1000 * (this.times.length - 1)) / (now - this.times[0]);
    this.place.textContent = `${number(Math.round(rate))} ${this.place.dataset.label}`;
  }
}

// Draws what is due, once a frame. A view may take several frames, the most frequent tags first, so
// that no frame is long: what moves shows its first points at once.
class Scene {
  constructor(points) {
    this.points = points;
    this.view = new View(box);
    this.painter = painterFor(canvas, points);
    box.dataset.painter = this.painter.constructor.name;
    this.labels = new Labels(document.getElementById("labels"), points);
    this.rate = new Rate(document.getElementById("map-rate"));
    this.look = colours();
    this.names = null;
    this.lasso = null;
    this.aim = false;
    this.drawn = 0;
    this.share = FIRST_SHARE;
    this.last = 0;
    this.waiting = false;
    this.resting = true;
  }
  redraw(moves = false) {
    this.drawn = 0;
    if (moves) this.#rest();
    this.#again();
  }
  #rest() {
    this.resting = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.resting = true; this.#label(); }, REST);
  }
  #again() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame((now) => this.#frame(now));
  }
  #label() { this.labels.draw(this.view, this.look, this.names, this); }
  #frame(now) {
    this.waiting = false;
    if (this.drawn === 0) {
      this.painter.begin(this.view, this.look);
      this.#label();
    }
    if (this.painter.steady) this.#portion(this.#following(now));
    else {
      const until = performance.now() + BUDGET;
      do this.#portion(PORTION); while (this.drawn < this.points.count && performance.now() < until);
    }
    this.painter.end();
    this.last = now;
    box.dataset.frames = String(Number(box.dataset.frames ?? 0) + 1);
    box.dataset.whole = String(this.drawn === this.points.count);
    this.rate.frame(now);
    if (this.drawn < this.points.count) this.#again();
  }
  #portion(most) {
    const count = Math.min(Math.ceil(most), this.points.count - this.drawn);
    if (count) this.painter.draw(this.drawn, count);
    this.drawn += count;
  }
  // After a pause the time since the last frame tells nothing, and a long share would be a long frame.
  #following(now) {
    const span = now - this.last;
    if (span > PAUSE) this.share = Math.min(this.share, FIRST_SHARE);
    else if (span > LONG_FRAME) this.share = Math.max(LEAST_SHARE, this.share * 0.6);
    else if (span < SHORT_FRAME) this.share = Math.min(this.points.count, this.share * 1.3);
    return this.share;
  }
}

function start(scene) {
  const { points, view } = scene;
  const near = (px, py, reach = 12) => {
    const [x, y] = view.toMap(px, py);
    const [x2, y2] = view.toMap(px + reach, py + reach);
    return points.nearest(x, y, Math.abs(x2 - x), Math.abs(y2 - y));
  };

  function showTip(n) {
    tip.hidden = n < 0 || !scene.names;
    if (tip.hidden) return;
    tip.textContent = `${scene.names.tags[n]} (${number(points.size(n))})`;
    const [x, y] = view.toScreen(points.x(n), points.y(n));
    // By properties: the policy of the pages allows no style in a document.
    tip.style.left = `${Math.max(4, Math.min(x + 12, view.width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${Math.max(4, Math.min(y + 12, view.height - tip.offsetHeight - 4))}px`;
  }

  const search = (n) => { if (scene.names) location.href = `/search?q=${encodeURIComponent(scene.names.tags[n])}`; };

  function choose(numbers) {
    points.chosen.fill(0);
    for (const n of numbers) points.chosen[n] = 1;
    scene.painter.choose();
    picked.hidden = !numbers.length;
    document.getElementById("picked-count").textContent = number(numbers.length);
    const chips = numbers.slice(0, MOST_PICKED).map((n) => {
      const chip = document.createElement("a");
      chip.className = "chip";
      chip.dir = "auto";
      chip.href = `/tag/${scene.names.tags[n].split("/").map(encodeURIComponent).join("/")}`;
      chip.textContent = scene.names.tags[n];
      return chip;
    });
    document.getElementById("picked-tags").replaceChildren(...chips);
    scene.redraw();
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
    const corners = scene.lasso.map(([px, py]) => view.toMap(px, py));
    scene.lasso = null;
    if (scene.names) choose(corners.length > 2 ? points.within((x, y) => inside(x, y, corners)) : []);
  }

  // A finger has no Shift: the button says that the next drag selects.
  const selecting = () => button.getAttribute("aria-pressed") === "true";
  button.addEventListener("click", () => button.setAttribute("aria-pressed", String(!selecting())));

  // Pointers: one drags (or draws a lasso with Shift), two pinch.
  const pointers = new Map();
  let moved = 0;
  let hovered = null;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
    moved = 0;
    scene.aim = false;
    if (event.shiftKey || selecting()) scene.lasso = [[event.offsetX, event.offsetY]];
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    const now = [event.offsetX, event.offsetY];
    if (!before) {
      // A mouse reports more often than frames are drawn: one look a frame is enough.
      if (!hovered) requestAnimationFrame(() => {
        const n = near(...hovered);
        canvas.classList.toggle("over", n >= 0);
        showTip(n);
        hovered = null;
      });
      hovered = now;
      return;
    }
    moved += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
    if (scene.lasso) scene.lasso.push(now);
    else if (pointers.size === 1) view.move(now[0] - before[0], now[1] - before[1]);
    else {
      const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
      const apart = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
      view.grow(apart(now) / apart(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    }
    pointers.set(event.pointerId, now);
    tip.hidden = true;
    scene.redraw(true);
  });
  const release = (event) => {
    if (!pointers.delete(event.pointerId)) return;
    if (scene.lasso) endLasso();
    else if (moved < 4 && event.type === "pointerup") {
      const n = near(event.offsetX, event.offsetY);
      if (n >= 0) search(n);
    }
    scene.redraw(true);
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    tip.hidden = true;
    view.grow(Math.exp(-event.deltaY * 0.0015), event.offsetX, event.offsetY);
    scene.redraw(true);
  }, { passive: false });

  // Keys: the point nearest to the middle is named, so that a reader without a pointer finds tags too.
  const middle = () => {
    for (const reach of [40, 160, 640, 2560]) {
      const n = near(view.width / 2, view.height / 2, reach);
      if (n >= 0) return n;
    }
    return -1;
  };
  canvas.addEventListener("keydown", (event) => {
    const step = 40;
    const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (moves[event.key]) view.move(...moves[event.key]);
    else if (event.key === "+" || event.key === "=") view.grow(1.3);
    else if (event.key === "-") view.grow(1 / 1.3);
    else if (event.key === "0" || event.key === "۰") view.reset();
    else if (event.key === "Enter" && middle() >= 0) search(middle());
    else if ((event.key.toLowerCase() === "s" || event.code === "KeyS") && !event.ctrlKey && !event.metaKey) choose(points.within((x, y) => view.holds(x, y)));
    else return;
    event.preventDefault();
    scene.aim = true;
    scene.redraw(true);
    showTip(middle());
  });
  canvas.addEventListener("blur", () => { if (scene.aim) { scene.aim = false; tip.hidden = true; scene.redraw(); } });
  document.getElementById("picked-clear").addEventListener("click", () => { choose([]); canvas.focus(); });
  new ResizeObserver(() => { view.measure(); scene.redraw(); }).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { scene.look = colours(); scene.redraw(); });
}

try {
  // The points first: they are there before a megabyte of names is read.
  const names = fetch("/map/tags").then((answer) => answer.json());
  const scene = new Scene(new Points(await fetch("/map/points").then((answer) => answer.arrayBuffer())));
  start(scene);
  scene.redraw();
  scene.names = await names;
  scene.redraw();
  state.hidden = true;
} catch (error) {
  state.textContent = box.dataset.failed;
  canvas.hidden = true;
  console.warn(error);
}
