// Two ways to draw the map's points: WebGL 2 on a graphics card, and plain pixels where the processor
// would have to play one. The latter draws 100,000 points in a few milliseconds; a browser's imitation
// of a graphics card takes a second for them.
export const HUES = 12;
const CHOSEN = 1.7;
const SMALLEST = 2.5;
const LARGEST = 18;
const OPACITY = 0.78;

const diameter = (base, size) => Math.min(LARGEST, Math.max(SMALLEST, base + 2.2 * Math.log2(1 + size)));

// Points grow a little with the zoom, by its root: else a near view looks empty.
const growth = (scale) => Math.min(3, Math.max(1, scale ** 0.45));

// Colours of a theme: `hues` and `paper` are [red, green, blue] from 0 to 255.
export function colours() {
  const style = getComputedStyle(document.documentElement);
  const rgb = (name) => {
    const hex = style.getPropertyValue(name).trim();
    return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  };
  return { hues: Array.from({ length: HUES }, (_, n) => rgb(`--k${n}`)), marked: rgb("--signal"), paper: rgb("--panel"), ink: style.getPropertyValue("--ink"), signal: style.getPropertyValue("--signal"), halo: style.getPropertyValue("--panel") };
}

export class PixelPainter {
  constructor(canvas, points) {
    this.canvas = canvas;
    this.points = points;
    this.pen = canvas.getContext("2d", { alpha: false });
    this.stamps = [];
    this.steady = false; // what a frame takes is measured while it is drawn
    this.quarters = Uint8Array.from({ length: points.count }, (_, n) => Math.round(4 * diameter(points.base, points.size(n))));
  }
  // A disc as opacities of 0 to 256, for a diameter in quarters of a pixel.
  #stamp(quarters) {
    const radius = quarters / 8;
    const reach = Math.ceil(radius);
    const side = 2 * reach + 1;
    const opacities = new Uint16Array(side * side);
    for (let row = 0; row < side; row++)
      for (let column = 0; column < side; column++) {
        const far = Math.hypot(row - reach, column - reach);
        opacities[row * side + column] = 256 * OPACITY * Math.min(1, Math.max(0, radius + 0.5 - far));
      }
    return { reach, side, opacities };
  }
  begin(view, look) {
    // One pixel of the canvas for one of the page: a finer picture would cost four times as much.
    const [width, height] = [view.width, view.height];
    if (!this.image || this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.image = this.pen.createImageData(width, height);
      this.words = new Uint32Array(this.image.data.buffer);
    }
    const [red, green, blue] = look.paper;
    this.words.fill((255 << 24) | (blue << 16) | (green << 8) | red);
    this.look = look;
    this.view = { x: view.x, y: view.y, scale: view.scale };
  }
  draw(from, count) {
    const { points, view, look } = this;
    const { rows, clusters, chosen } = points;
    const pixels = this.image.data;
    const { width, height } = this.canvas;
    const grown = growth(view.scale);
    const [across, down] = [0.5 * width * view.scale, 0.5 * height * view.scale];
    for (let n = from; n < from + count; n++) {
      const px = Math.round((rows[3 * n] - view.x) * across + 0.5 * width);
      const py = Math.round(0.5 * height - (rows[3 * n + 1] - view.y) * down);
      if (px < -LARGEST || py < -LARGEST || px > width + LARGEST || py > height + LARGEST) continue;
      const quarters = Math.min(4 * LARGEST, Math.round(this.quarters[n] * grown * (chosen[n] ? CHOSEN : 1)));
      const { reach, side, opacities } = (this.stamps[quarters] ??= this.#stamp(quarters));
      const [red, green, blue] = chosen[n] ? look.marked : look.hues[clusters[n] % HUES];
      for (let row = Math.max(0, reach - py); row < side; row++) {
        const y = py + row - reach;
        if (y >= height) break;
        for (let column = Math.max(0, reach - px); column < side; column++) {
          const x = px + column - reach;
          if (x >= width) break;
          const part = opacities[row * side + column];
          if (!part) continue;
          const at = 4 * (y * width + x);
          pixels[at] += ((red - pixels[at]) * part) >> 8;
          pixels[at + 1] += ((green - pixels[at + 1]) * part) >> 8;
          pixels[at + 2] += ((blue - pixels[at + 2]) * part) >> 8;
        }
      }
    }
  }
  end() { this.pen.putImageData(this.image, 0, 0); }
  choose() {}
}

const vertex = `#version 300 es
in vec2 place; in float size; in float cluster; in float chosen;
uniform vec2 centre; uniform float zoom; uniform float ratio; uniform float base; uniform float grown; uniform vec3 hues[${HUES}]; uniform vec3 marked;
out vec4 colour;
void main() {
  gl_Position = vec4((place - centre) * zoom, 0., 1.);
  float bare = clamp(base + 2.2 * log2(1. + size), ${SMALLEST.toFixed(1)}, ${LARGEST.toFixed(1)});
  gl_PointSize = ratio * min(${LARGEST.toFixed(1)}, bare * grown * (chosen > .5 ? ${CHOSEN} : 1.));
  colour = vec4(chosen > .5 ? marked : hues[int(cluster) % ${HUES}], chosen > .5 ? 1. : ${OPACITY});
}`;
const fragment = `#version 300 es
precision mediump float; in vec4 colour; out vec4 pixel;
void main() {
  float far = length(gl_PointCoord - .5);
  float edge = 1. - smoothstep(.42, .5, far);
  pixel = vec4(colour.rgb, 1.) * colour.a * edge;
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

export class WebGlPainter {
  constructor(canvas, gl, points) {
    this.canvas = canvas;
    this.gl = gl;
    this.points = points;
    this.steady = true; // the card draws beside the page: only the time between frames tells
    const program = programOf(gl);
    const attribute = (name, size, data, usage, kind = gl.FLOAT, stride = 0, offset = 0) => {
      const buffer = gl.createBuffer();
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, data, usage);
      const place = gl.getAttribLocation(program, name);
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, size, kind, false, stride, offset);
      return buffer;
    };
    gl.bindVertexArray(gl.createVertexArray());
    const rows = attribute("place", 2, points.rows, gl.STATIC_DRAW, gl.FLOAT, 12, 0);
    gl.bindBuffer(gl.ARRAY_BUFFER, rows);
    const size = gl.getAttribLocation(program, "size");
    gl.enableVertexAttribArray(size);
    gl.vertexAttribPointer(size, 1, gl.FLOAT, false, 12, 8);
    attribute("cluster", 1, points.clusters, gl.STATIC_DRAW, gl.UNSIGNED_BYTE);
    this.chosenBuffer = attribute("chosen", 1, points.chosen, gl.DYNAMIC_DRAW, gl.UNSIGNED_BYTE);
    this.uniforms = Object.fromEntries(["centre", "zoom", "ratio", "base", "grown", "hues", "marked"].map((name) => [name, gl.getUniformLocation(program, name)]));
    gl.useProgram(program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.clearColor(0, 0, 0, 0);
  }
  begin(view, look) {
    const { gl, canvas, uniforms } = this;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const [width, height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    gl.viewport(0, 0, width, height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform2f(uniforms.centre, view.x, view.y);
    gl.uniform1f(uniforms.zoom, view.scale);
    gl.uniform1f(uniforms.ratio, ratio);
    gl.uniform1f(uniforms.base, this.points.base);
    gl.uniform1f(uniforms.grown, growth(view.scale));
    gl.uniform3fv(uniforms.hues, look.hues.flat().map((part) => part / 255));
    gl.uniform3fv(uniforms.marked, look.marked.map((part) => part / 255));
  }
  draw(from, count) { this.gl.drawArrays(this.gl.POINTS, from, count); }
  end() {}
  choose() {
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.chosenBuffer);
    this.gl.bufferSubData(this.gl.ARRAY_BUFFER, 0, this.points.chosen);
  }
}

const SOFTWARE = /swiftshader|llvmpipe|software|basic render/i;

// Tells if a browser's WebGL 2 is drawn by a graphics card. Some say so by refusing, others by its name.
function hasCard() {
  const gl = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (!gl) return false;
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name = gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return !SOFTWARE.test(String(name));
}

export function painterFor(canvas, points) {
  // `#webgl` insists on it, for a test.
  const wanted = location.hash === "#webgl" || hasCard();
  const options = { antialias: false, alpha: true, premultipliedAlpha: true, preserveDrawingBuffer: true };
  const gl = wanted ? canvas.getContext("webgl2", options) : null;
  return gl ? new WebGlPainter(canvas, gl, points) : new PixelPainter(canvas, points);
}
