// The map's points with a grid to find them by, and the part of the plane that is shown.
const CELLS = 256;

export class Points {
  // See `GenomeMap.wire`: the count, then rows of x, y and size, then the clusters.
  constructor(buffer) {
    this.count = new DataView(buffer).getUint32(0, true);
    this.rows = new Float32Array(buffer.slice(4, 4 + 12 * this.count));
    this.clusters = new Uint8Array(buffer, 4 + 12 * this.count, this.count);
    this.chosen = new Uint8Array(this.count);
    this.grid = this.#cells();
    // Few points are drawn larger: a map of hundreds should not look empty.
    this.base = Math.max(1.2, 10 - 1.7 * Math.log10(Math.max(1, this.count)) * 1.15);
  }
  x(n) { return this.rows[3 * n]; }
  y(n) { return this.rows[3 * n + 1]; }
  size(n) { return this.rows[3 * n + 2]; }
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
  // Numbers of the points for which a test of (x, y) holds, the most frequent first: that is their order.
  within(holds) {
    const found = [];
    for (let n = 0; n < this.count; n++) if (holds(this.x(n), this.y(n))) found.push(n);
    return found;
  }
}

export class View {
  constructor(box) { this.box = box; this.measure(); this.reset(); }
  // Sizes are read here alone: asking for them while drawing would make the browser lay out the page.
  measure() { this.width = this.box.clientWidth; this.height = this.box.clientHeight; }
  reset() { this.x = 0; this.y = 0; this.scale = 0.92; }
  toMap(px, py) {
    return [this.x + ((2 * px) / this.width - 1) / this.scale, this.y + (1 - (2 * py) / this.height) / this.scale];
  }
  toScreen(x, y) {
    return [((x - this.x) * this.scale + 1) * 0.5 * this.width, (1 - (y - this.y) * this.scale) * 0.5 * this.height];
  }
  holds(x, y) { return Math.abs(x - this.x) * this.scale <= 1 && Math.abs(y - this.y) * this.scale <= 1; }
  move(px, py) {
    this.x = Math.min(1.2, Math.max(-1.2, this.x - (2 * px) / this.width / this.scale));
    this.y = Math.min(1.2, Math.max(-1.2, this.y + (2 * py) / this.height / this.scale));
  }
  grow(factor, px = this.width / 2, py = this.height / 2) {
    const [x, y] = this.toMap(px, py);
    this.scale = Math.min(60, Math.max(0.6, this.scale * factor));
    const [nx, ny] = this.toMap(px, py);
    this.x += x - nx;
    this.y += y - ny;
  }
}
